use actix_web::test::TestRequest;
use proptest::prelude::*;

use super::tests::cookies;

proptest! {
    #[test]
    fn what_was_set_is_read_again(secure: bool, access in "[A-Za-z0-9_.-]{1,60}", others in "[A-Za-z0-9_.=; -]{0,60}") {
        let session = cookies(secure, "");
        let pair = services::accounts::TokenPair {
            account: models::AccountId::random(),
            access: access.clone(),
            refresh: "r".to_owned(),
            csrf: "c".to_owned(),
        };
        let [set, ..] = session.signed_in(pair);
        let header = format!("{}={}; {others}", set.name(), set.value());
        let request = TestRequest::default().insert_header(("cookie", header)).to_http_request();
        prop_assume!(!others.contains("access_token"));
        prop_assert_eq!(session.access(&request), Some(access));
    }

    #[test]
    fn cookies_of_any_kind_are_read_or_passed_over(secure: bool, header in "(\\PC{0,80}|((__Host-)?(access_token|csrf_token|session)=[%0-9A-Fa-z\"]{0,8}; ?){0,4})") {
        let session = cookies(secure, "");
        let Ok(value) = actix_web::http::header::HeaderValue::from_str(&header) else { return Ok(()) };
        let request = TestRequest::default().insert_header(("cookie", value)).to_http_request();
        for found in [session.access(&request), session.refresh(&request), session.csrf(&request)] {
            prop_assert_ne!(found, Some(String::new()));
        }
        let _ = session.init_proof(&request);
    }
}
