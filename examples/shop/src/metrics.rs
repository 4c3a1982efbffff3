//! What can be measured.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rsvc::{MethodInfo, ServiceInfo};

/// Counts the calls.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// When the shop began.
    pub(crate) started: Instant,
    /// By service and method; fixed at the start, so that counting needs no lock.
    calls: BTreeMap<&'static str, BTreeMap<&'static str, AtomicU64>>,
}

impl Metrics {
    pub(crate) fn new(services: &[&'static ServiceInfo]) -> Self {
        let methods = |service: &ServiceInfo| {
            service.methods.iter().map(|method| (method.name, AtomicU64::new(0))).collect()
        };
        let calls = services.iter().map(|service| (service.name, methods(service))).collect();
        Self { started: Instant::now(), calls }
    }

    pub(crate) fn count(&self, method: &MethodInfo) {
        if let Some(calls) = self.calls.get(method.service).and_then(|methods| methods.get(method.name)) {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The calls of a service, or of all, by method; `None` if there is no such service.
    pub(crate) fn requests(&self, service: Option<&str>) -> Option<BTreeMap<String, u64>> {
        let chosen: Vec<_> = match service {
            Some(service) => vec![self.calls.get(service)?],
            None => self.calls.values().collect(),
        };
        let counts = chosen.into_iter().flatten();
        Some(counts.map(|(method, calls)| ((*method).to_owned(), calls.load(Ordering::Relaxed))).collect())
    }
}

/// How busy the processors are. Nothing on systems without `/proc`.
#[derive(Debug)]
pub(crate) struct Load {
    before: Duration,
    measured: Instant,
}

impl Load {
    /// The first measurement is of the time since `started`.
    pub(crate) fn new(started: Instant) -> Self {
        Self { before: Duration::ZERO, measured: started }
    }

    /// Processor time of this process since the measurement before, as a part of the time that went by.
    pub(crate) fn of_process(&mut self) -> Option<f64> {
        let used = processor_time()?;
        let now = Instant::now();
        let passed = now.duration_since(self.measured).as_secs_f64();
        let load = used.saturating_sub(self.before).as_secs_f64() / passed.max(f64::EPSILON);
        (self.before, self.measured) = (used, now);
        Some(load)
    }

    /// Load of the machine over the last minute.
    pub(crate) fn of_machine() -> Option<f32> {
        std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
    }
}

/// Processor time that this process has used, in user and kernel mode.
fn processor_time() -> Option<Duration> {
    /// The kernel tells times to user space in hundredths of a second, whatever it counts in itself.
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name of the program, in parentheses, with anything in it.
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let (user, kernel): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(TICK * user.saturating_add(kernel))
}

/// Memory that this process has in use, in MiB.
pub(crate) fn memory_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u32 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(f64::from(kib) / 1024.0)
}
