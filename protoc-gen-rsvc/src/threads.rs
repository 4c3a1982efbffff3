//! Threads with enough stack for what the input nests.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::{io, panic, thread};

use crate::diag::{Code, Diagnostic};

/// What the deepest input within the limits needs, several times over, in a build without optimization. The thread of the
/// caller may have less: a test's has 2 MiB, the main thread on Windows 1 MiB.
const STACK: usize = 64 << 20;

/// More threads than this only wait for memory.
const MOST: usize = 16;

/// What a mutex holds, even if a thread has panicked with it: the panic itself ends the run.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs on a thread of its own: several phases, `syn` and the formatter recurse over what the input nests.
pub(crate) fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Diagnostic> {
    let mut result = None;
    run(Box::new(|| result = Some(work())))?;
    Ok(result.expect("the thread has ended, and a panic of it was passed on"))
}

fn run(work: Box<dyn FnOnce() + Send + '_>) -> Result<(), Diagnostic> {
    thread::scope(|scope| {
        start(scope, work)?.join().unwrap_or_else(|reason| panic::resume_unwind(reason));
        Ok(())
    })
}

/// Runs the same on as many threads as there are cores, at most `tasks`; the caller's is one of them.
pub(crate) fn on_every_core(tasks: usize, work: &(dyn Fn() + Sync)) -> Result<(), Diagnostic> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..cores.min(tasks).min(MOST) {
            start(scope, Box::new(work))?;
        }
        work();
        Ok(())
    })
}

/// Starts a thread. For any work alike: what the standard library makes for one type of it is large.
fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: Box<dyn FnOnce() + Send + 'scope>,
) -> Result<ScopedJoinHandle<'scope, ()>, Diagnostic> {
    let builder = thread::Builder::new().name("rsvc".to_owned()).stack_size(STACK);
    builder.spawn_scoped(scope, work).map_err(|error| no_thread(&error))
}

fn no_thread(error: &io::Error) -> Diagnostic {
    Diagnostic::error(Code::OUTPUT, format!("the generator cannot start a thread: {error}"))
}
