use crate::chunk::qa::*;
use crate::chunk::{Chunk, content_hash};

fn pairs(reply: &str) -> Vec<(String, String)> {
    parse(reply).into_iter().map(|pair| (pair.question, pair.answer)).collect()
}

fn pair(question: &str, answer: &str) -> (String, String) {
    (question.to_owned(), answer.to_owned())
}

#[test]
fn replies_of_models() {
    let plain = "Q1: What is it?\nA1: A house.\nIt has Q9 in it.\n\nQ2: Who?\nA2: Ann: 3 people";
    assert_eq!(pairs(plain), [pair("What is it?", "A house.\nIt has Q9 in it."), pair("Who?", "Ann: 3 people")]);
    assert_eq!(pairs("Q1: a? A1: b. Q2: c? A2: d."), [pair("a?", "b."), pair("c?", "d.")]);
    assert_eq!(
        pairs("Here you are:\n**Q1:** 什么？\n**A1:** 房子。\n**Q2：** x\n**A2 ：** y"),
        [pair("什么？", "房子。"), pair("x", "y")]
    );
    // Questions without answers, answers without questions, marks of other numbers.
    assert_eq!(
        pairs("A1: x\nQ1: lost\nQ2: kept\nA7: of\nA2: yes\nQ2: again\nA3: b"),
        [pair("kept\nA7: of", "yes\nQ2: again\nA3: b")]
    );
    assert_eq!(pairs("Q1:\nA1: x\nQ2: y\nA2:  "), []);
    assert_eq!(pairs("FAQ1: no IQ2: no"), []);
    let endless: String = (0..9999).map(|number| format!("Q{number}: a\nA{number}: b\n")).collect();
    assert_eq!(pairs(&endless).len(), 200);
}

#[test]
fn a_pair_is_a_chunk() {
    let chunk = Chunk::from(Pair { question: "q".into(), answer: "a".into() });
    assert_eq!((chunk.content.as_str(), chunk.answer.as_deref()), ("q", Some("a")));
    assert_eq!(chunk.hash, content_hash("q"));
    assert!(prompt("German").contains("in German."));
}

#[test]
fn tables_of_people() {
    let csv = "Question,Answer,x\n\"a, b?\",\"multi\nline\"\n,lost\nlost,\n 没有 , 有 ,z\n";
    let pairs = pairs_of_csv(csv.as_bytes()).unwrap();
    assert_eq!(
        pairs,
        [
            Pair { question: "a, b?".into(), answer: "multi\nline".into() },
            Pair { question: "没有".into(), answer: "有".into() },
        ]
    );
    assert_eq!(rows_of_csv(csv.as_bytes()).unwrap()[1], ("lost".to_owned(), None));
    assert_eq!(pairs_of_csv(b"q,a\n").unwrap_err(), TableError::Empty);
    assert_eq!(pairs_of_csv(b"").unwrap_err(), TableError::Empty);
    assert_eq!(pairs_of_csv(b"content\nx\n").unwrap_err(), TableError::NoAnswers);
    let (latin, ..) = encoding_rs::WINDOWS_1252.encode("q,a\nGrüße für Müller und Söhne,schön\n");
    assert_eq!(pairs_of_csv(&latin).unwrap()[0].answer, "schön");
    let many = format!("q,a\n{}", "x,y\n".repeat(100_001));
    assert_eq!(pairs_of_csv(many.as_bytes()).unwrap_err(), TableError::TooManyRows(100_000));
}
