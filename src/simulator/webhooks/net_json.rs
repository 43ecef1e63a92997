//! JSON as .NET's default encoder writes it: pure ASCII, with more escapes than JSON requires (webhooks.md 1).

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter, Serializer};

#[derive(Debug)]
struct DefaultEncoder;

impl Formatter for DefaultEncoder {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for letter in fragment.chars() {
            if letter.is_ascii() && !matches!(letter, '&' | '\'' | '+' | '<' | '>' | '`' | '\u{7f}')
            {
                write!(writer, "{letter}")?;
            } else {
                let mut units = [0_u16; 2];
                for unit in letter.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04X}")?;
                }
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        match escape {
            CharEscape::Quote => writer.write_all(br"\u0022"),
            CharEscape::ReverseSolidus => writer.write_all(br"\\"),
            CharEscape::Solidus => writer.write_all(b"/"),
            CharEscape::Backspace => writer.write_all(br"\b"),
            CharEscape::FormFeed => writer.write_all(br"\f"),
            CharEscape::LineFeed => writer.write_all(br"\n"),
            CharEscape::CarriageReturn => writer.write_all(br"\r"),
            CharEscape::Tab => writer.write_all(br"\t"),
            CharEscape::AsciiControl(byte) => write!(writer, "\\u{byte:04X}"),
        }
    }
}

pub(crate) fn to_string(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, DefaultEncoder));
    debug_assert!(
        written.is_ok(),
        "the structures of a delivery are all serialisable"
    );
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_outside_basic_latin_and_some_of_it_is_escaped() {
        let escaped = to_string(&"Müller & Söhne – \"x\" 'y' <a+b> `c` \\ / 🚀\n");
        let expected = concat!(
            r#""M\u00FCller \u0026 S\u00F6hne \u2013 \u0022x\u0022 \u0027y\u0027 "#,
            r#"\u003Ca\u002Bb\u003E \u0060c\u0060 \\ / \uD83D\uDE80\n""#
        );
        assert_eq!(escaped, expected);
    }
}
