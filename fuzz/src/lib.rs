//! Runs a target on one input and holds it to its memory.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What an input may take: so much, or so many times its size.
const MEMORY_FLOOR: usize = 32 << 20;
const MEMORY_FACTOR: usize = 64;

/// Runs `target` of one of the two lists.
pub fn run(target: fn(&str, &[u8]), name: &str, data: &[u8]) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    target(name, data);
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let bound = MEMORY_FLOOR.max(MEMORY_FACTOR * data.len());
    assert!(taken <= bound, "{taken} bytes of memory for {} bytes of input", data.len());
}
