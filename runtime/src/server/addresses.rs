//! How many connections each address has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts the connections of each address up to a limit.
pub(super) struct Addresses {
    limit: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Addresses {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, open: Arc::default() }
    }

    /// A place for one more connection of an address; `None` if it has as many as it may.
    pub(super) fn enter(&self, addr: IpAddr) -> Option<AddressPermit> {
        let addr = host_of(addr);
        let mut open = lock(&self.open);
        let count = open.entry(addr).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        drop(open);
        Some(AddressPermit { addr, open: Arc::clone(&self.open) })
    }
}

/// Who has an IPv6 address nearly always has all that begin with the same 64 bits.
fn host_of(addr: IpAddr) -> IpAddr {
    match addr.to_canonical() {
        IpAddr::V6(addr) => IpAddr::V6((addr.to_bits() >> 64 << 64).into()),
        addr @ IpAddr::V4(_) => addr,
    }
}

fn lock(open: &Mutex<HashMap<IpAddr, usize>>) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of a connection, until it is dropped.
pub(super) struct AddressPermit {
    addr: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Drop for AddressPermit {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if let Some(count) = open.get_mut(&self.addr) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.addr);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_places() {
        let addresses = Addresses::new(2);
        let enter = |addr: &str| addresses.enter(addr.parse().unwrap());
        let (first, second) = (enter("10.0.0.1"), enter("::ffff:10.0.0.1"));
        assert!(first.is_some() && second.is_some());
        assert!(enter("10.0.0.1").is_none());
        assert!(enter("10.0.0.2").is_some());
        drop(first);
        let _again = enter("10.0.0.1").unwrap();
        assert!(enter("10.0.0.1").is_none());
    }

    #[test]
    fn one_host_has_many_addresses_of_ipv6() {
        let addresses = Addresses::new(1);
        let _place = addresses.enter("2001:db8::1".parse().unwrap()).unwrap();
        assert!(addresses.enter("2001:db8::ffff".parse().unwrap()).is_none());
        assert!(addresses.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
    }

    #[test]
    fn nothing_is_left_of_those_that_went() {
        let addresses = Addresses::new(1);
        drop(addresses.enter("10.0.0.1".parse().unwrap()));
        assert!(lock(&addresses.open).is_empty());
    }
}
