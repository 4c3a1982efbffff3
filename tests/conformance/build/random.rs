//! Expressions that nobody wrote: grown by type from a seed, the same in every build. Each is true, false or an error;
//! which, an interpreter says in the tests.

/// How many there are.
const COUNT: usize = 400;
const SEED: u64 = 0x0005_eed0_fce1;

/// All expressions, each of type bool.
pub(crate) fn expressions() -> Vec<String> {
    let mut grow = Grow { state: SEED, locals: Vec::new(), next: 0 };
    (0..COUNT).map(|_| grow.bool(4)).collect()
}

struct Grow {
    state: u64,
    /// Variables of the comprehensions around, all of them ints.
    locals: Vec<String>,
    next: usize,
}

impl Grow {
    fn below(&mut self, limit: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }

    fn pick(&mut self, from: &[&str]) -> String {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        from[at].to_owned()
    }

    fn bool(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["true", "false", "this.b", "this.s == 'héllo'", "this.i32 > 5"]);
        }
        let d = depth - 1;
        match self.below(14) {
            0 => format!("({} && {})", self.bool(d), self.bool(d)),
            1 => format!("({} || {})", self.bool(d), self.bool(d)),
            2 => format!("!({})", self.bool(0)),
            3 => format!("({} ? {} : {})", self.bool(d), self.bool(d), self.bool(d)),
            4..=6 => {
                let sign = self.pick(&["==", "!=", "<", "<=", ">", ">="]);
                match self.below(4) {
                    0 => format!("{} {sign} {}", self.int(d), self.int(d)),
                    1 => format!("{} {sign} {}", self.uint(d), self.uint(d)),
                    2 => format!("{} {sign} {}", self.double(d), self.double(d)),
                    _ => format!("{} {sign} {}", self.string(d), self.string(d)),
                }
            }
            7 => {
                let function = self.pick(&["startsWith", "endsWith", "contains"]);
                format!("{}.{function}({})", self.string(d), self.string(d))
            }
            8 => format!("{} in {}", self.int(d), self.ints(d)),
            9..=11 => {
                let quantifier = self.pick(&["all", "exists", "exists_one"]);
                let list = self.ints(d);
                let (name, body) = self.within(|grow| grow.bool(d));
                format!("{list}.{quantifier}({name}, {body})")
            }
            12 => format!("{} == {}", self.ints(d), self.ints(d)),
            _ => self.pick(&[
                "'one' in this.m",
                "'six' in this.m",
                "has(this.m.one)",
                "this.m['two'] == 2",
                "this.m['x'] == 2",
            ]),
        }
    }

    /// A body with one more variable around it.
    fn within(&mut self, body: impl FnOnce(&mut Self) -> String) -> (String, String) {
        let name = format!("v{}", self.next);
        self.next += 1;
        self.locals.push(name.clone());
        let body = body(self);
        self.locals.pop();
        (name, body)
    }

    fn int(&mut self, depth: u32) -> String {
        if depth == 0 {
            if let Some(last) = self.locals.last().cloned()
                && self.below(2) == 0
            {
                return last;
            }
            return self.pick(&["0", "1", "2", "-3", "7", "this.i32", "this.i64", "9223372036854775807"]);
        }
        let d = depth - 1;
        match self.below(7) {
            0..=3 => {
                let sign = self.pick(&["+", "-", "*", "/", "%"]);
                format!("({} {sign} {})", self.int(d), self.int(d))
            }
            4 => format!("size({})", self.ints(d)),
            5 => format!("({} ? {} : {})", self.bool(d), self.int(d), self.int(d)),
            _ => format!("{}[{}]", self.ints(d), self.int(0)),
        }
    }

    fn uint(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["0u", "1u", "3u", "this.u64", "18446744073709551615u"]);
        }
        let sign = self.pick(&["+", "-", "*", "/", "%"]);
        format!("({} {sign} {})", self.uint(depth - 1), self.uint(0))
    }

    fn double(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["0.0", "1.5", "-2.25", "1e10", "this.f64"]);
        }
        let sign = self.pick(&["+", "-", "*", "/"]);
        format!("({} {sign} {})", self.double(depth - 1), self.double(0))
    }

    fn string(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["''", "'a'", "'héllo'", "'lo'", "this.s", "this.strs[1]"]);
        }
        format!("({} + {})", self.string(depth - 1), self.string(0))
    }

    fn ints(&mut self, depth: u32) -> String {
        if depth == 0 {
            return self.pick(&["this.ints", "[1]", "[3, 1, 2]", "[0, this.i32]"]);
        }
        let d = depth - 1;
        match self.below(4) {
            0 => format!("({} + {})", self.ints(d), self.ints(0)),
            1 => {
                let list = self.ints(d);
                let (name, body) = self.within(|grow| grow.bool(d));
                format!("{list}.filter({name}, {body})")
            }
            2 => {
                let list = self.ints(d);
                let (name, body) = self.within(|grow| grow.int(d));
                format!("{list}.map({name}, {body})")
            }
            _ => self.ints(0),
        }
    }
}
