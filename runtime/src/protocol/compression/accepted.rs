//! What an end accepts.

use http::HeaderValue;

use super::Compression;

/// The compressions of messages that an end accepts, the preferred first.
#[derive(Clone, Debug, Default)]
pub(crate) struct AcceptedCompressions(Vec<Compression>);

impl AcceptedCompressions {
    /// All that this build can do.
    #[cfg(feature = "server")]
    pub(crate) fn all() -> Self {
        Self(Compression::SUPPORTED.to_vec())
    }

    /// The choice of a user, which may hold what this build cannot do.
    pub(crate) fn of(chosen: impl IntoIterator<Item = Compression>) -> Self {
        Self(chosen.into_iter().collect())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Compression> {
        self.0.iter().copied()
    }

    /// The compression with this name, if it is accepted and this build can do it.
    #[cfg(feature = "server")]
    pub(crate) fn by_name(&self, name: &str) -> Option<Compression> {
        Compression::by_name(name).filter(|known| self.0.contains(known))
    }

    /// The list for the other end, empty if nothing is accepted. `knows` tells what the protocol has.
    pub(crate) fn header(&self, knows: impl Fn(Compression) -> bool) -> HeaderValue {
        let names: Vec<_> = self
            .iter()
            .filter(|known| known.is_supported() && knows(*known))
            .map(Compression::name)
            .collect();
        HeaderValue::try_from(names.join(",")).expect("names of compressions are header values")
    }
}

#[cfg(all(test, feature = "compression", feature = "server"))]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_what_the_protocol_knows_in_the_order_of_the_user() {
        let accepted = AcceptedCompressions::of([Compression::Zstd, Compression::Brotli, Compression::Gzip]);
        assert_eq!(accepted.header(|_| true), "zstd,br,gzip");
        assert_eq!(accepted.header(|known| known != Compression::Brotli), "zstd,gzip");
        assert_eq!(accepted.header(|_| false), "");
    }

    #[test]
    fn what_is_not_accepted_has_no_name() {
        let accepted = AcceptedCompressions::of([Compression::Gzip]);
        assert_eq!(accepted.by_name("x-gzip"), Some(Compression::Gzip));
        assert_eq!(accepted.by_name("zstd"), None);
        assert_eq!(AcceptedCompressions::all().by_name("zstd"), Some(Compression::Zstd));
    }
}
