//! What is rewritten, what is refused, and what stays.

use super::translate;

#[test]
fn what_both_write_alike_stays() {
    for pattern in ["^[a-z0-9_]+$", "a|b(c|)", "(?i)x{2,3}?y+?", "[[:alpha:]é]{1000}", "\\A.*\\z", ""] {
        assert_eq!(translate(pattern).as_deref(), Ok(pattern));
    }
}

#[test]
fn what_re2_refuses_is_refused() {
    for pattern in [
        "a**",
        "a+*",
        "a?{2}",
        "a{2}{3}",
        "*a",
        "(*)",
        "(|+)",
        "{2}",
        "(?x)a",
        "(?u)a",
        "(?i-)",
        "\\u0041",
        "\\1",
        "\\8",
        "\\Z",
        "\\<a\\E",
        "\\y",
        "\\C",
        "a{1001}",
        "(a{100}){11}",
        "((a{10}){10}){11}",
        "a{2,1}",
        "(",
        ")",
        "(?P<n>a)(?P<n>b)",
        "(?P<>a)",
        "(?P<a-b>a)",
        "[a",
        "[z-a]",
        "[a-\\d]",
        "[[:nope:]]",
        "[\\b]",
        "\\p{",
        "\\p{greek}",
        "\\p{Alphabetic=Y}",
        "\\p{Lx}",
        "\\x",
        "\\x{110000}",
        "\\xg0",
        "a\\",
    ] {
        assert!(translate(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn what_the_two_write_differently_is_rewritten() {
    for (pattern, wanted) in [
        ("{", "\\{"),
        ("a{", "a\\{"),
        ("a{,2}", "a\\{,2\\}"),
        ("a{01}", "a\\{01\\}"),
        ("x{a}", "x\\{a\\}"),
        ("\\101\\0", "A\0"),
        ("\\p{^Greek}\\P{^Greek}", "\\P{Script=Greek}\\p{Script=Greek}"),
        ("\\pL\\PN", "\\p{L}\\P{N}"),
        ("\\Qa.b\\E+", "a\\.b+"),
        ("\\<\\_\\ ", "<_ "),
        ("(?P<n>a)(?<m>b)", "(a)(b)"),
        ("(?)a(?i-s:b)", "a(?i-s:b)"),
        ("[]a]", "[\\]a]"),
        ("[^][&&~~-]", "[^\\]\\[\\&\\&\\~\\~\\-]"),
        ("[\\x41-\\x{5a}\\n]", "[A-Z\n]"),
        ("(a{100}){10}", "(a{100}){10}"),
        ("(a{1000}){0}", "(a{1000}){0}"),
    ] {
        assert_eq!(translate(pattern).as_deref(), Ok(wanted), "{pattern}");
    }
}
