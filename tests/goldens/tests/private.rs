//! Generated code whose modules are a crate's own affair: nothing is told of what this crate leaves unused.
#![deny(warnings, unused, unreachable_pub)]

/// Messages, of which a part is passed on.
mod messages {
    include!("../../snapshots/gen/messages_only/expected/mod.rs");
}

/// A service that is only called, and one that nobody uses.
mod services {
    mod called {
        include!("../../snapshots/gen/client_only/expected/mod.rs");
    }
    mod served {
        include!("../../snapshots/gen/services/expected/mod.rs");
    }
}

/// Files without a package.
mod bare {
    include!("../../snapshots/gen/empty/expected/mod.rs");
}

use messages::messages_only::v1::Thing;

#[test]
fn what_is_used_is_used_and_nothing_is_told_of_the_rest() {
    let thing = Thing::default();
    assert_eq!(rsvc::prost::Message::encoded_len(&thing), 0);
}
