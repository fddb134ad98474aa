//! Names of collections.

use uuid::Uuid;

/// The vectors of one dataset, or the annotations of one app.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Collection {
    /// As `datasets.index_struct` or the shared binding says it.
    pub name: String,
    /// Whose entries these are. Stores that keep several datasets in one collection tell them apart by it.
    pub dataset: Uuid,
    /// Numbers in each vector. Only making a collection and writing into it must know; 0 elsewhere: whatever it has.
    pub dimensions: usize,
}

impl Collection {
    /// The name of a dataset's own collection: `{prefix}_{dataset with _ for -}_Node`.
    pub fn name_for(prefix: &str, dataset: Uuid) -> String {
        format!("{prefix}_{}_Node", dataset.to_string().replace('-', "_"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_difys() {
        let name = Collection::name_for("Vector_index", Uuid::from_u128(0xab));
        assert_eq!(name, "Vector_index_00000000_0000_0000_0000_0000000000ab_Node");
    }
}
