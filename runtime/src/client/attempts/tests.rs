use std::error::Error as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use super::*;

/// How long an attempt takes.
const TAKES: Duration = Duration::from_secs(1);
/// How long before the next one is due, a fifth more or less.
const PAUSE: Duration = Duration::from_secs(10);

/// Connections, of which the first ones cannot be made.
struct Scripted {
    attempts: Attempts,
    failing: AtomicUsize,
    begun: AtomicUsize,
    open: AtomicUsize,
    kept: AtomicUsize,
}

impl Scripted {
    fn new(failing: usize) -> Arc<Self> {
        Arc::new(Self {
            attempts: Attempts::new(Backoff::new(PAUSE, PAUSE)),
            failing: AtomicUsize::new(failing),
            begun: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
        })
    }

    async fn make(self: Arc<Self>) -> Result<(), BoxError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        sleep(TAKES).await;
        let fails = |left: usize| left.checked_sub(1);
        if self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails).is_ok() {
            return Err("nobody listens".into());
        }
        self.open.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn keep(self: &Arc<Self>, (): ()) {
        self.kept.fetch_add(1, Ordering::SeqCst);
    }

    /// Connects for one call, or for all that wait.
    async fn connect(self: &Arc<Self>, alone: bool, patient: bool) -> Result<(), Failure> {
        if alone {
            connect_one(self, patient, Self::make, Self::keep).await
        } else {
            connect(self, patient).await
        }
    }
}

impl Pool for Scripted {
    fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    fn open(self: Arc<Self>) -> BoxFuture<'static, Result<(), BoxError>> {
        Box::pin(self.make())
    }

    fn has_connection(&self) -> bool {
        self.open.load(Ordering::SeqCst) > 0
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_is_told_as_it_changes() {
    for alone in [false, true] {
        let pool = Scripted::new(1);
        let mut state = pool.attempts.state();
        assert!(matches!(*state.borrow_and_update(), State::Idle));
        let calling = Arc::clone(&pool);
        let call = tokio::spawn(async move { calling.connect(alone, true).await });
        state.changed().await.unwrap();
        assert!(matches!(*state.borrow_and_update(), State::Connecting), "{alone}");
        state.changed().await.unwrap();
        let State::Failed(failure) = state.borrow_and_update().clone() else { panic!("it fails first") };
        assert_eq!(failure.source().unwrap().to_string(), "nobody listens");
        state.changed().await.unwrap();
        assert!(matches!(*state.borrow_and_update(), State::Connecting), "{alone}");
        call.await.unwrap().unwrap();
        assert!(matches!(*state.borrow_and_update(), State::Ready), "{alone}");

        // While there is one, another attempt changes nothing.
        pool.connect(alone, false).await.unwrap();
        assert!(matches!(*state.borrow_and_update(), State::Ready), "{alone}");
        pool.open.store(0, Ordering::SeqCst);
        pool.attempts.lost();
        assert!(matches!(*state.borrow_and_update(), State::Idle), "{alone}");
        pool.attempts.lost();
        assert!(!state.has_changed().unwrap(), "it was lost before");
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_pause_a_call_fails_at_once_or_waits() {
    for alone in [false, true] {
        let pool = Scripted::new(1);
        let begun = Instant::now();
        pool.connect(alone, false).await.unwrap_err();
        assert_eq!(begun.elapsed().as_secs(), TAKES.as_secs(), "{alone}");
        for _ in 0..2 {
            let failure = pool.connect(alone, false).await.unwrap_err();
            assert_eq!(failure.source().unwrap().to_string(), "nobody listens");
            assert_eq!(begun.elapsed().as_secs(), TAKES.as_secs(), "{alone}");
        }
        assert_eq!(pool.begun.load(Ordering::SeqCst), 1, "{alone}");
        pool.connect(alone, true).await.unwrap();
        let (least, most) = (PAUSE.mul_f64(0.79) + TAKES, PAUSE.mul_f64(1.21) + TAKES);
        assert!((least..most).contains(&begun.elapsed()), "{alone}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_patient_waits_for_an_attempt_that_does_not_fail() {
    for alone in [false, true] {
        let pool = Scripted::new(3);
        pool.connect(alone, true).await.unwrap();
        assert_eq!(pool.failing.load(Ordering::SeqCst), 0, "{alone}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_another_attempt_made_once_somebody_wants_one() {
    let pool = Scripted::new(1);
    pool.connect(false, false).await.unwrap_err();
    sleep(PAUSE * 2).await;
    assert_eq!(pool.begun.load(Ordering::SeqCst), 1, "nobody has asked");
    let pool = Scripted::new(1);
    for _ in 0..3 {
        pool.connect(false, false).await.unwrap_err();
    }
    sleep(PAUSE * 2).await;
    assert_eq!((pool.begun.load(Ordering::SeqCst), pool.has_connection()), (2, true));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_for_all_and_outlives_who_has_begun_it() {
    let pool = Scripted::new(0);
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.connect(false, false).await })
        })
        .collect();
    sleep(TAKES / 2).await;
    waiting[0].abort();
    for waiting in waiting.into_iter().skip(1) {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(pool.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_for_a_call_that_was_given_up_is_kept() {
    let pool = Scripted::new(0);
    for (given_up, kept) in [(false, 0), (true, 1)] {
        let calling = Arc::clone(&pool);
        let call = tokio::spawn(async move { calling.connect(true, false).await });
        sleep(TAKES / 2).await;
        if given_up {
            call.abort();
        }
        sleep(TAKES).await;
        assert_eq!(pool.kept.load(Ordering::SeqCst), kept);
    }
}
