//! What passes by on a connection, sorted into exchanges by the names of their cases.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};

use super::exchange::Exchange;
use super::fields::Fields;
use super::http1::{self, Direction};
use super::http2::{self, PREFACE};

/// The header that says to which case a request belongs.
pub(crate) const NAME: &str = "x-test-case-name";

type Shared = Arc<Mutex<Exchange>>;

/// All exchanges so far, of all connections.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<Stored>>);

#[derive(Default)]
struct Stored {
    exchanges: HashMap<String, Vec<Shared>>,
    problems: Vec<String>,
}

impl Store {
    /// The exchanges of a case as they are now.
    pub(crate) fn take(&self, name: &str) -> Vec<Exchange> {
        let exchanges = self.lock().exchanges.remove(name).unwrap_or_default();
        exchanges.iter().map(|exchange| lock(exchange).clone()).collect()
    }

    /// What could not be read, or belongs to no case.
    pub(crate) fn take_problems(&self) -> Vec<String> {
        mem::take(&mut self.lock().problems)
    }

    fn lock(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, exchange: Exchange) -> Shared {
        let name = exchange.request.headers.get(NAME).map(str::to_owned);
        let what = format!("{} {}", exchange.method, exchange.target);
        let shared = Arc::new(Mutex::new(exchange));
        match name {
            Some(name) => self.lock().exchanges.entry(name).or_default().push(Arc::clone(&shared)),
            None => self.lock().problems.push(format!("a request without the name of its case: {what}")),
        }
        shared
    }
}

fn lock(exchange: &Shared) -> MutexGuard<'_, Exchange> {
    exchange.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads along on one connection.
pub(crate) struct Recorder {
    store: Store,
    state: State,
}

enum State {
    /// The first bytes of the client, which tell the version.
    Unknown(Vec<u8>),
    One(One),
    Two(Two),
    /// Something was wrong, and nothing can be made of what follows.
    Lost,
}

struct One {
    requests: http1::Parser,
    responses: http1::Parser,
    /// The request that is arriving.
    arriving: Option<Shared>,
    /// Requests that have no complete response yet.
    waiting: VecDeque<Shared>,
}

struct Two {
    requests: http2::Parser,
    responses: http2::Parser,
    streams: HashMap<u32, Shared>,
}

impl Recorder {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, state: State::Unknown(Vec::new()) }
    }

    pub(crate) fn feed(&mut self, direction: Direction, bytes: &[u8]) {
        let result = match &mut self.state {
            State::Unknown(start) => {
                if direction == Direction::Requests {
                    start.extend_from_slice(bytes);
                }
                self.recognize()
            }
            State::One(one) => one.feed(&self.store, direction, bytes),
            State::Two(two) => two.feed(&self.store, direction, bytes),
            State::Lost => Ok(()),
        };
        if let Err(error) = result {
            self.store.lock().problems.push(format!("{direction:?} that are not HTTP: {error:#}"));
            self.state = State::Lost;
        }
    }

    /// No more bytes come from this side.
    pub(crate) fn end(&mut self, direction: Direction) {
        match &mut self.state {
            State::One(one) => one.end(direction),
            State::Two(two) => two.streams.values().for_each(|exchange| {
                let exchange = &mut *lock(exchange);
                match direction {
                    Direction::Requests => exchange.request.break_off(),
                    Direction::Responses => exchange.response.break_off(),
                }
            }),
            State::Unknown(_) | State::Lost => {}
        }
    }

    fn recognize(&mut self) -> Result<()> {
        let State::Unknown(start) = &mut self.state else { return Ok(()) };
        let common = start.iter().zip(PREFACE).take_while(|(a, b)| a == b).count();
        if common == start.len() && common < PREFACE.len() {
            return Ok(());
        }
        let start = mem::take(start);
        if let Some(rest) = start.strip_prefix(PREFACE) {
            let mut two = Two::new();
            two.feed(&self.store, Direction::Requests, rest)?;
            self.state = State::Two(two);
        } else {
            let mut one = One::new();
            one.feed(&self.store, Direction::Requests, &start)?;
            self.state = State::One(one);
        }
        Ok(())
    }
}

impl One {
    fn new() -> Self {
        Self {
            requests: http1::Parser::new(Direction::Requests),
            responses: http1::Parser::new(Direction::Responses),
            arriving: None,
            waiting: VecDeque::new(),
        }
    }

    fn feed(&mut self, store: &Store, direction: Direction, bytes: &[u8]) -> Result<()> {
        match direction {
            Direction::Requests => {
                for event in self.requests.feed(bytes)? {
                    self.request(store, event)?;
                }
            }
            Direction::Responses => {
                for event in self.responses.feed(bytes)? {
                    self.response(event)?;
                }
            }
        }
        Ok(())
    }

    fn request(&mut self, store: &Store, event: http1::Event) -> Result<()> {
        if let http1::Event::Head(start, headers) = event {
            let mut words = start.split(' ').map(str::to_owned);
            let mut exchange = Exchange { version: 1, ..Exchange::default() };
            exchange.method = words.next().context("a request without a method")?;
            exchange.target = words.next().context("a request without a target")?;
            exchange.request.headers = headers;
            let exchange = store.begin(exchange);
            self.waiting.push_back(Arc::clone(&exchange));
            self.arriving = Some(exchange);
            return Ok(());
        }
        let arriving = self.arriving.as_ref().context("a body without a request")?;
        let request = &mut lock(arriving).request;
        match event {
            http1::Event::Head(..) => {}
            http1::Event::Data(data) => request.body.extend(data),
            http1::Event::Trailers(trailers) => request.trailers = trailers,
            http1::Event::End => request.complete(),
        }
        Ok(())
    }

    fn response(&mut self, event: http1::Event) -> Result<()> {
        let exchange = self.waiting.front().context("a response without a request")?;
        let mut exchange = lock(exchange);
        match event {
            http1::Event::Head(start, headers) => {
                exchange.status = Some(http1::status(&start)?);
                exchange.response.headers = headers;
            }
            http1::Event::Data(data) => exchange.response.body.extend(data),
            http1::Event::Trailers(trailers) => exchange.response.trailers = trailers,
            http1::Event::End => {
                exchange.response.complete();
                drop(exchange);
                self.waiting.pop_front();
            }
        }
        Ok(())
    }

    fn end(&mut self, direction: Direction) {
        match direction {
            Direction::Requests => {
                if let Some(arriving) = &self.arriving {
                    lock(arriving).request.break_off();
                }
            }
            Direction::Responses => {
                for (at, exchange) in self.waiting.iter().enumerate() {
                    let response = &mut lock(exchange).response;
                    if at == 0 && self.responses.finish() {
                        response.complete();
                    }
                    response.break_off();
                }
            }
        }
    }
}

impl Two {
    fn new() -> Self {
        Self { requests: http2::Parser::new(), responses: http2::Parser::new(), streams: HashMap::new() }
    }

    fn feed(&mut self, store: &Store, direction: Direction, bytes: &[u8]) -> Result<()> {
        let parser = match direction {
            Direction::Requests => &mut self.requests,
            Direction::Responses => &mut self.responses,
        };
        for (stream, event) in parser.feed(bytes)? {
            match (direction, self.streams.get(&stream)) {
                (Direction::Requests, None) => {
                    // What follows a stream that is over is of no interest.
                    if let http2::Event::Fields(fields, end) = event {
                        self.streams.insert(stream, store.begin(request(fields, end)?));
                    }
                }
                (Direction::Responses, None) => {}
                (_, Some(exchange)) => {
                    let over = note(&mut lock(exchange), direction, event)?;
                    if over {
                        self.streams.remove(&stream);
                    }
                }
            }
        }
        Ok(())
    }
}

fn request(mut headers: Fields, end: bool) -> Result<Exchange> {
    let mut exchange = Exchange { version: 2, ..Exchange::default() };
    let mut pseudo = |name| headers.take_pseudo(name).with_context(|| format!("a request without {name}"));
    exchange.method = pseudo(":method")?;
    exchange.target = pseudo(":path")?;
    pseudo(":scheme")?;
    pseudo(":authority")?;
    exchange.request.headers = headers;
    if end {
        exchange.request.complete();
    }
    Ok(exchange)
}

/// Adds to an exchange; whether it is over with that.
fn note(exchange: &mut Exchange, direction: Direction, event: http2::Event) -> Result<bool> {
    let message = match direction {
        Direction::Requests => &mut exchange.request,
        Direction::Responses => &mut exchange.response,
    };
    let end = match event {
        http2::Event::Data(data, end) => {
            message.body.extend(data);
            end
        }
        http2::Event::Fields(mut fields, end) => {
            if direction == Direction::Responses && exchange.status.is_none() {
                let status = fields.take_pseudo(":status").context("a response without :status")?;
                let status: u16 = status.parse().with_context(|| format!(":status {status:?}"))?;
                if status / 100 != 1 {
                    exchange.status = Some(status);
                    message.headers = fields;
                }
            } else {
                message.trailers = fields;
            }
            end
        }
        http2::Event::Reset => {
            // Either side ends both directions.
            exchange.request.break_off();
            exchange.response.break_off();
            return Ok(true);
        }
    };
    if end {
        message.complete();
    }
    Ok(exchange.request.is_complete() && exchange.response.is_complete())
}

#[cfg(test)]
mod tests {
    use super::super::exchange::End;
    use super::*;

    #[test]
    fn exchanges_are_found_by_the_names_of_their_cases() {
        let store = Store::default();
        let mut recorder = Recorder::new(store.clone());
        let request = |name: &str| {
            format!("POST /{name} HTTP/1.1\r\n{NAME}: {name}\r\ncontent-length: 2\r\n\r\nhi").into_bytes()
        };
        recorder.feed(Direction::Requests, &[request("a"), request("b")].concat());
        recorder.feed(
            Direction::Responses,
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 404 \r\n\r\nx",
        );
        let [a] = &*store.take("a") else { panic!("no exchange") };
        assert_eq!((a.version, &*a.method, &*a.target, &*a.request.body), (1, "POST", "/a", &b"hi"[..]));
        assert_eq!((a.status, &*a.response.body, a.response.end), (Some(200), &b"1"[..], End::Complete));
        recorder.end(Direction::Responses);
        let [b] = &*store.take("b") else { panic!("no exchange") };
        assert_eq!((b.status, &*b.response.body, b.response.end), (Some(404), &b"x"[..], End::Complete));
        assert!(store.take("a").is_empty() && store.take_problems().is_empty());
    }

    #[test]
    fn a_connection_that_breaks_off_breaks_its_exchange() {
        let store = Store::default();
        let mut recorder = Recorder::new(store.clone());
        recorder.feed(Direction::Requests, format!("GET / HTTP/1.1\r\n{NAME}: a\r\n\r\n").as_bytes());
        recorder.feed(Direction::Responses, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n1");
        recorder.end(Direction::Responses);
        assert_eq!(store.take("a")[0].response.end, End::Broken);
    }

    #[test]
    fn what_is_not_http_and_what_has_no_name_is_a_problem() {
        let store = Store::default();
        Recorder::new(store.clone()).feed(Direction::Requests, b"hello\r\n\r\n");
        Recorder::new(store.clone()).feed(Direction::Requests, b"GET / HTTP/1.1\r\n\r\n");
        assert_eq!(store.take_problems().len(), 2);
    }
}
