//! From child chunks to the segments they belong to.

use std::collections::HashMap;
use std::hash::Hash;

/// What a node that was hit belongs to.
#[derive(Debug, Clone, PartialEq)]
pub enum Member<P, C> {
    /// The segment itself, or its summary.
    Parent(P),
    Child {
        parent: P,
        child: C,
    },
}

/// A child chunk that was hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Child<C> {
    pub child: C,
    pub score: Option<f64>,
}

/// A segment with those of its child chunks that were hit, the best first.
#[derive(Debug, Clone, PartialEq)]
pub struct Family<P, C> {
    pub parent: P,
    /// The highest of the segment's own and its children's.
    pub score: Option<f64>,
    pub children: Vec<Child<C>>,
}

/// Groups hits by segment. The segments keep the order in which they were first hit, and are sorted by score where
/// there are scores; ties keep that order too.
pub fn group_children<P: Clone + Eq + Hash, C>(
    hits: impl IntoIterator<Item = (Member<P, C>, Option<f64>)>,
) -> Vec<Family<P, C>> {
    let mut places: HashMap<P, usize> = HashMap::new();
    let mut families: Vec<Family<P, C>> = Vec::new();
    for (member, score) in hits {
        let (parent, child) = match member {
            Member::Parent(parent) => (parent, None),
            Member::Child { parent, child } => (parent, Some(Child { child, score })),
        };
        let place = *places.entry(parent.clone()).or_insert_with(|| {
            families.push(Family { parent, score: None, children: Vec::new() });
            families.len() - 1
        });
        if let Some(family) = families.get_mut(place) {
            family.score = higher(family.score, score);
            family.children.extend(child);
        }
    }
    for family in &mut families {
        family.children.sort_by(|a, b| descending(a.score, b.score));
    }
    families.sort_by(|a, b| descending(a.score, b.score));
    families
}

fn higher(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (one, other) => one.or(other),
    }
}

fn descending(a: Option<f64>, b: Option<f64>) -> std::cmp::Ordering {
    let number = |score: Option<f64>| score.unwrap_or(f64::NEG_INFINITY);
    number(b).total_cmp(&number(a))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_as_good_as_its_best_child() {
        let child = |parent, child| Member::Child { parent, child };
        let families = group_children([
            (child("a", 1), Some(0.4)),
            (Member::Parent("b"), Some(0.6)),
            (child("a", 2), Some(0.9)),
            (child("c", 3), None),
        ]);
        let seen: Vec<_> = families.iter().map(|f| (f.parent, f.score)).collect();
        assert_eq!(seen, [("a", Some(0.9)), ("b", Some(0.6)), ("c", None)]);
        assert_eq!(families[0].children.iter().map(|c| c.child).collect::<Vec<_>>(), [2, 1]);
        assert!(families[1].children.is_empty());
    }
}
