//! How much HTTP/2 sends ahead: windows and frames.

use std::ops::RangeInclusive;

/// What HTTP/2 allows, except that a stream window below 1 KiB is of no use to anyone.
const STREAM_WINDOWS: RangeInclusive<u32> = (1 << 10)..=MAX_WINDOW;
/// A connection begins with 64 KiB and can only have more.
const CONNECTION_WINDOWS: RangeInclusive<u32> = 65_535..=MAX_WINDOW;
const FRAMES: RangeInclusive<u32> = (16 << 10)..=(16 << 20) - 1;

const MAX_WINDOW: u32 = (1 << 31) - 1;

/// What an end says of flow control; hyper's defaults where it says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FlowControl {
    stream_window: Option<u32>,
    connection_window: Option<u32>,
    adaptive: bool,
    max_frame_size: Option<u32>,
}

impl FlowControl {
    pub(crate) fn set_stream_window(&mut self, bytes: u32) {
        self.stream_window = Some(bounded(bytes, STREAM_WINDOWS));
    }

    pub(crate) fn set_connection_window(&mut self, bytes: u32) {
        self.connection_window = Some(bounded(bytes, CONNECTION_WINDOWS));
    }

    pub(crate) fn set_adaptive(&mut self, yes: bool) {
        self.adaptive = yes;
    }

    pub(crate) fn set_max_frame_size(&mut self, bytes: u32) {
        self.max_frame_size = Some(bounded(bytes, FRAMES));
    }
}

/// h2 panics beyond.
fn bounded(value: u32, range: RangeInclusive<u32>) -> u32 {
    value.clamp(*range.start(), *range.end())
}

/// Tells a builder of hyper's, of a server or a client.
macro_rules! apply {
    ($builder:expr, $flow:expr) => {{
        let flow: FlowControl = $flow;
        if let Some(bytes) = flow.max_frame_size {
            $builder.max_frame_size(bytes);
        }
        if flow.adaptive {
            $builder.adaptive_window(true);
        } else {
            $builder.initial_stream_window_size(flow.stream_window);
            $builder.initial_connection_window_size(flow.connection_window);
        }
    }};
}

#[cfg(feature = "server")]
impl FlowControl {
    pub(crate) fn tell_server<E>(self, builder: &mut hyper::server::conn::http2::Builder<E>) {
        apply!(builder, self);
    }
}

#[cfg(feature = "client")]
impl FlowControl {
    pub(crate) fn tell_client<E: Clone>(self, builder: &mut hyper::client::conn::http2::Builder<E>) {
        apply!(builder, self);
    }
}
