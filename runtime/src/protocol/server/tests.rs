use super::*;

#[test]
fn a_body_that_breaks_ends_the_call_and_a_mistake_is_answered() {
    for (error, code, is_cancelled) in [
        (EnvelopeError::Timeout(Status::deadline_exceeded("late")), Code::DeadlineExceeded, false),
        (EnvelopeError::Body(Status::invalid_argument("no base64")), Code::InvalidArgument, false),
        (EnvelopeError::Body(Status::unknown("a reset")), Code::Cancelled, true),
        (EnvelopeError::TooLarge { length: 9, limit: 8 }, Code::ResourceExhausted, false),
    ] {
        let ctx = Context::new();
        assert_eq!(broken(&ctx, error).code(), code);
        assert_eq!(ctx.is_cancelled(), is_cancelled, "{code:?}");
    }
}
