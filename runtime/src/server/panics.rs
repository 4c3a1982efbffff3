//! What becomes of a panic that ends a task of a connection.

use tokio::task::JoinError;

/// Logs the panic that a task has ended with.
pub(super) fn log(ended: &Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        tracing::error!(%error, "a connection panicked");
    }
}
