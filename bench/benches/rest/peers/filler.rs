//! Services that are there for their routes alone: 97 with 100 each, which together with the 300 that are measured make
//! 10,000.

use rsvc::codegen::rest::Binding;
use rsvc::codegen::{Call, Handling, Service};
use rsvc::rest::Rest;
use rsvc::{MethodInfo, MethodKind, Server, ServiceInfo};

const ROUTES: usize = 100;

/// `N` has two digits.
struct Filler<const N: usize>;

#[allow(clippy::cast_possible_truncation, reason = "a digit is less than 10")]
const fn with_digits<const LEN: usize>(mut text: [u8; LEN], at: usize, number: usize) -> [u8; LEN] {
    text[at] = b'0' + (number / 10 % 10) as u8;
    text[at + 1] = b'0' + (number % 10) as u8;
    text
}

const fn text_of(bytes: &'static [u8]) -> &'static str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("ASCII is UTF-8"),
    }
}

impl<const N: usize> Filler<N> {
    const NAME: &'static [u8] = &with_digits(*b"filler.v1.Filler00", 16, N);
    const PATH: &'static [u8] = &with_digits(*b"/filler.v1.Filler00/Get", 17, N);
    const TEMPLATES: &'static [[u8; 25]; ROUTES] = &{
        let mut all = [*b"/v1/filler00/kinds00/{id}"; ROUTES];
        let mut index = 0;
        while index < ROUTES {
            all[index] = with_digits(with_digits(all[index], 10, N), 18, index);
            index += 1;
        }
        all
    };
}

impl<const N: usize> Service for Filler<N> {
    const INFO: &'static ServiceInfo = &ServiceInfo::new(
        text_of(Self::NAME),
        &[MethodInfo::new(text_of(Self::NAME), "Get", text_of(Self::PATH), MethodKind::Unary)],
        b"",
    );
    const BINDINGS: &'static [Binding] = &{
        let mut all = [Binding::new(0, "GET", ""); ROUTES];
        let mut index = 0;
        while index < ROUTES {
            all[index] = Binding::new(0, "GET", text_of(&Self::TEMPLATES[index]));
            index += 1;
        }
        all
    };

    fn call<'a>(&'a self, _: usize, call: Call<'a>) -> Handling<'a> {
        call.unknown()
    }
}

macro_rules! add_all {
    ($to:ident: $($tens:literal)+) => {
        $(add_all!(@ $to $tens 0 1 2 3 4 5 6 7 8 9);)+
    };
    (@ $to:ident $tens:literal $($ones:literal)+) => {
        $(let $to = $to.add(Filler::<{ 10 * $tens + $ones }>);)+
    };
}

/// Adds them to a server.
pub fn add_to(server: Server) -> Server {
    add_all!(server: 0 1 2 3 4 5 6 7 8);
    add_all!(@ server 9 0 1 2 3 4 5 6);
    server
}

/// Adds them to REST alone.
pub fn add_to_rest(rest: Rest) -> Rest {
    add_all!(rest: 0 1 2 3 4 5 6 7 8);
    add_all!(@ rest 9 0 1 2 3 4 5 6);
    rest
}
