//! What a subscriber of `tracing` gets to see.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

/// Fields by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields(pub(crate) BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, value)) in self.0.iter().enumerate() {
            let value = match *name {
                "server.port" | "network.peer.port" | "client.port" => "PORT",
                "duration" => "SECONDS",
                _ => value,
            };
            write!(f, "{}{name}={value}", if index == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}

/// A span that is closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Span {
    pub(crate) fields: Fields,
    pub(crate) events: Vec<Fields>,
    /// What handlers said inside.
    pub(crate) said: usize,
}

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) spans: Arc<Mutex<Vec<Span>>>,
    /// The lines of the access log.
    pub(crate) log: Arc<Mutex<Vec<Fields>>>,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorded {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if attributes.metadata().target() == "rsvc" {
            let mut span = Span::default();
            attributes.record(&mut span.fields);
            ctx.span(id).unwrap().extensions_mut().insert(span);
        }
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(id).unwrap().extensions_mut().get_mut::<Span>() {
            record.record(&mut span.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, ctx: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let span = ctx.event_span(event);
        let target = event.metadata().target();
        if target == "rsvc::access" {
            self.log.lock().unwrap().push(fields);
        } else if let Some(span) = span
            && let Some(span) = span.extensions_mut().get_mut::<Span>()
        {
            match target {
                "rsvc::message" | "rsvc::attempt" => span.events.push(fields),
                "handler" => span.said += 1,
                _ => {}
            }
        }
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        if let Some(span) = ctx.span(&id).unwrap().extensions_mut().remove::<Span>() {
            self.spans.lock().unwrap().push(span);
        }
    }
}

impl Recorded {
    /// Records what happens in this thread, as long as the guard lives.
    pub(crate) fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let recorded = Self::default();
        let guard = tracing::subscriber::set_default(Registry::default().with(recorded.clone()));
        (recorded, guard)
    }

    /// The spans, once so many are closed; clients' first.
    pub(crate) async fn spans(&self, count: usize) -> Vec<Span> {
        let all = async {
            while self.spans.lock().unwrap().len() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("the spans are closed");
        let mut spans = std::mem::take(&mut *self.spans.lock().unwrap());
        assert_eq!(spans.len(), count, "{spans:?}");
        spans.sort_by_key(|span| span.fields.0["otel.kind"].clone());
        spans
    }
}
