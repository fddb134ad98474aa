use super::*;

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 5e-7
}

#[test]
fn keywords_of_chinese() {
    let text = "向量数据库用来存储向量。我们的知识库使用向量数据库进行检索，检索的结果很好。";
    let found = keywords(text, 4);
    for word in ["向量", "检索", "数据库"] {
        assert!(found.iter().any(|found| found == word), "{word} in {found:?}");
    }
    assert!(!keywords(text, 50).iter().any(|word| word == "我们" || word == "的" || word.chars().count() < 2));
    assert_eq!(keywords("猫", 10), ["猫"]);
    assert_eq!(keywords("的", 10), [""; 0]);
}

#[test]
fn keywords_of_other_languages() {
    let text = "Running costs: the runs were running. A cat; and the CATS' cat-food!";
    assert_eq!(keywords(text, 3), ["running", "cat", "costs"]);
    assert_eq!(index_keys(["running", "Runs", "run"]), ["run"]);
    assert_eq!(keywords("Быстрые собаки и быстрая собака", 2), ["быстрые", "собаки"]);
    assert_eq!(index_keys(["собака", "собаки"]).len(), 1);
    assert_eq!(keywords("Größe der GRÖSSE, l’été", 5), ["größe", "der", "l'été"]);
    assert_eq!(index_keys(["cafés", "Cafe", "CAFÉ"]), ["cafe"]);
    assert_eq!(index_keys(["l'été", "été", "John’s", "john"]), ["ete", "john"]);
    assert_eq!(keywords("ＡＰＩ ﬁle cafe\u{301}", 5), ["api", "file", "café"]);
    assert_eq!(keywords("हिन्दी में खोज", 5), ["हिन्दी", "में", "खोज"]);
    assert_eq!(keywords("검색 엔진", 5), ["검색", "엔진"]);
}

#[test]
fn words_that_are_written_as_one_have_parts() {
    assert_eq!(keywords("gpt-4o", 1), ["gpt-4o", "gpt", "4o"]);
    assert_eq!(keywords("state-of-the-art", 1), ["state-of-the-art", "state", "art"]);
    assert_eq!(keywords("C++ or C# and node.js v1.2", 5), ["c++", "c#", "node.js", "node", "js", "v1.2", "v1"]);
    assert_eq!(keywords("3.14 x", 5), ["3.14"]);
    assert_eq!(keywords("the", 5), [""; 0]);
    assert_eq!(keywords("", 5), [""; 0]);
    assert_eq!(keywords("one two three", 0), [""; 0]);
}

#[test]
fn queries_find_what_is_stored() {
    let stored = index_keys(keywords("How PostgreSQL databases store vectors", 10));
    assert!(query_keys("which database stores a vector?").iter().all(|key| stored.contains(key)), "{stored:?}");
    // Written by a person.
    let stored = index_keys(["Vector Databases", "the", "数据库"]);
    assert_eq!(stored, ["vector", "databas", "the", "数据库"]);
    assert!(query_keys("vectors").iter().all(|key| stored.contains(key)));
}

#[test]
fn terms_have_positions() {
    let terms = |text| {
        let terms = terms(text).into_iter().map(|(term, position)| format!("{term}:{position}"));
        terms.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(terms("The cats ran, John's cats"), "cat:2 ran:3 john:4 cat:5");
    assert_eq!(terms("l'homme gpt-4 x"), "homm:1 gpt-4:2 gpt:2 4:2 x:3");
    assert_eq!(terms("ひらがな カタカナ ไทย"), "ひら:1 らが:2 がな:3 カタカナ:4 ไท:5 ทย:6");
    assert!(terms("中华人民共和国").contains("共和国"), "{}", terms("中华人民共和国"));
}

#[test]
fn vectors_for_postgres() {
    assert_eq!(ts_vector("Cats and dogs, cats"), "'cat':1,4 'dog':3");
    assert_eq!(ts_vector(""), "");
    assert_eq!(ts_vector("it’s o’neill's\\ \0 'x'"), "'o''neil':2 'x':3");
    // One word so often that Postgres would not keep it, and words that are too long and too many.
    let often = ts_vector(&"cat ".repeat(30_000));
    assert_eq!(often.matches(',').count(), 254);
    let long = ts_vector(&"ä".repeat(5000));
    assert!(long.len() < 270, "{}", long.len());
    let many: String = (0..200_000).map(|number| format!("w{number}x ")).collect();
    let vector = ts_vector(&many);
    let lexemes: Vec<_> = vector.split(' ').collect();
    assert!(lexemes.len() > 10_000 && vector.len() < 2 * 1024 * 1024);
    let last = lexemes.iter().map(|lexeme| lexeme.rsplit(':').next().unwrap().parse::<u32>().unwrap()).max();
    assert_eq!(last, Some(16_383));
}

/// Postgres knows no empty lexeme. Stemmers leave nothing of some words.
#[test]
fn no_term_is_empty() {
    let words: String = (1..0x3000).filter_map(char::from_u32).map(|letter| format!("a{letter}b {letter} ")).collect();
    assert!(terms(&words).iter().all(|(term, _)| !term.is_empty()));
    assert!(query_terms("ال و").iter().all(|term| !term.is_empty()));
    assert!(!ts_vector("ة ال ا").contains("''"), "{}", ts_vector("ة ال ا"));
}

#[test]
fn queries_are_never_operators() {
    assert_eq!(ts_query("running & !dogs | (x:*) <-> 'y\\").as_deref(), Some("'run' | 'dog' | 'x' | 'y'"));
    assert_eq!(ts_query("Rock'n'roll").as_deref(), Some("'rock''n''rol'"));
    assert_eq!(ts_query(" \0 & ' \\ ").as_deref(), None);
    assert_eq!(ts_query("what is the").as_deref(), Some("'what' | 'is' | 'the'"));
    let long: String = (0..200_000).map(|number| format!("word{number} ")).collect();
    assert_eq!(query_terms(&long).len(), 64);
}

#[test]
fn scores_by_keywords() {
    let keys = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let documents = [keys(&["rust", "web", "api"]), keys(&["rust", "gc"]), keys(&["cat"])];
    let scores = scores_of_keys(&keys(&["rust", "web"]), &documents);
    assert!(close(scores[0], 0.782_408) && close(scores[1], 0.366_447) && scores[2] == 0.0, "{scores:?}");
    assert!(
        keyword_scores("rust web", &["rust web api", "rust gc", "cat"])
            .iter()
            .zip(&scores)
            .all(|(one, two)| close(*one, *two))
    );
    assert_eq!(keyword_scores("", &["x"]), [0.0]);
    assert!(close(weighted(0.8, 0.782_408, ScoreWeights { vector: 0.7, keyword: 0.3 }), 0.794_722_4));
}

#[test]
fn hostile_texts() {
    for piece in ["的", "a-", "-", "a.", "ก", "\u{301}", "cat ", "中国a"] {
        let text = piece.repeat(60_000 / piece.len());
        let started = std::time::Instant::now();
        let _ = (keywords(&text, 10).len(), ts_vector(&text).len(), ts_query(&text).is_some());
        assert!(started.elapsed() < std::time::Duration::from_secs(10), "{piece}: {:?}", started.elapsed());
    }
}
