//! A small landscape for each post: a sun and three hills, drawn from its number. No file, no request.

use std::fmt::Write as _;

/// An `<svg>` without words, for decoration. The colours are those of the style sheet's `tint` classes.
pub(crate) fn cover(number: i64) -> String {
    let mut seed = number.unsigned_abs().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
    let mut dice = |sides: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % sides
    };
    let tint = number.rem_euclid(6);
    let (sun_x, sun_y, size) = (190 + dice(260), 70 + dice(28), 22 + dice(18));
    let mut svg = format!(
        "<svg class=\"cover tint-{tint}\" viewBox=\"0 0 640 240\" preserveAspectRatio=\"xMidYMax slice\" aria-hidden=\"true\" \
         focusable=\"false\"><rect class=\"sky\" width=\"640\" height=\"240\"/><circle class=\"sun\" cx=\"{sun_x}\" cy=\"{sun_y}\" r=\"{size}\"/>"
    );
    // From behind to the front.
    for (hill, base, height) in [(1, 96, 62), (2, 140, 56), (3, 186, 46)] {
        let mut y = base + dice(height);
        // Writing to a `String` does not fail.
        let _ = write!(svg, "<path class=\"hill-{hill}\" d=\"M0 240V{y}");
        for step in 0..4 {
            let next = base + dice(height);
            let (middle, to) = (step * 160 + 80, step * 160 + 160);
            let _ = write!(svg, "C{middle} {y} {middle} {next} {to} {next}");
            y = next;
        }
        svg.push_str("V240Z\"/>");
    }
    svg.push_str("</svg>");
    svg
}
