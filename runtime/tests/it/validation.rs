//! No handler sees a request that breaks a rule, alone or in a stream.

use prost::Message as _;
use rsvc::validate::proto::ViolationsProto;
use rsvc::{Code, Context, RequestStream};
use tonic_types::pb::{BadRequest, Status};

use crate::demo::{Demo, number};
use crate::setup::pair;

#[tokio::test]
async fn a_request_that_breaks_a_rule_is_refused() {
    let (_server, client) = pair().await;
    let error = client.say(Context::new(), number(-666)).await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Code::InvalidArgument, "number: must not be in list [-666]")
    );

    let details = Status::decode(error.details()).unwrap().details;
    assert_eq!(details.len(), 2);
    assert_eq!(details[0].type_url, "type.googleapis.com/google.rpc.BadRequest");
    let bad = BadRequest::decode(details[0].value.as_slice()).unwrap();
    assert_eq!(bad.field_violations[0].field, "number");
    assert_eq!(bad.field_violations[0].reason, "int32.not_in");
    assert_eq!(details[1].type_url, "type.googleapis.com/buf.validate.Violations");
    let violations = ViolationsProto::decode(details[1].value.as_slice()).unwrap();
    let rule = violations.violations[0].rule.clone().unwrap();
    assert_eq!(rule.elements[1].field_name.as_deref(), Some("not_in"));
}

#[tokio::test]
async fn every_message_of_a_stream_is_checked() {
    let (_server, client) = pair().await;
    let fine = RequestStream::from_iter([number(1), number(2)]);
    client.sum(Context::new(), fine).await.unwrap();
    let bad = RequestStream::from_iter([number(1), number(-666)]);
    let error = client.sum(Context::new(), bad).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    let error = client.count(Context::new(), number(-666)).await.err().unwrap();
    assert_eq!(error.code(), Code::InvalidArgument);
}
