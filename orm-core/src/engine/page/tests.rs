//! The numbers of pages, against a definition that is slow and obvious.

use super::{Page, PageEdges};

fn page(page: u64, pages: u64) -> Page<()> {
    Page { items: vec![()], page, per_page: 10, total: pages * 10 }
}

fn drawn(of: &Page<()>, edges: PageEdges) -> Vec<Option<u64>> {
    of.iter_pages_with(edges).collect()
}

/// Each number is looked at by itself, and gaps are put where numbers are missing.
fn obvious(of: &Page<()>, edges: PageEdges) -> Vec<Option<u64>> {
    let (current, pages) = (of.page, of.pages());
    let is_shown = |number: u64| {
        let at_the_left = number <= edges.left_edge;
        let is_near = number + edges.left_current >= current && number <= current + edges.right_current;
        let at_the_right = number > current && number + edges.right_edge > pages;
        at_the_left || is_near || at_the_right
    };
    let mut shown = Vec::new();
    for number in 1..=pages {
        if is_shown(number) {
            shown.push(Some(number));
        } else if shown.last() != Some(&None) {
            shown.push(None);
        }
    }
    shown
}

#[test]
fn every_small_row_of_links_is_what_the_definition_says() {
    let mut compared = 0;
    for pages in 0..=14 {
        for current in 1..=pages.max(1) {
            for code in 0..4_u64.pow(4) {
                let edge = |place: u32| code / 4_u64.pow(place) % 4 * (1 + u64::from(place % 2));
                let (left_edge, left_current, right_current, right_edge) = (edge(0), edge(1), edge(2), edge(3));
                let edges = PageEdges { left_edge, left_current, right_current, right_edge };
                let of = page(current, pages);
                assert_eq!(drawn(&of, edges), obvious(&of, edges), "page {current} of {pages}, {edges:?}");
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 256 * (1 + 14 * 15 / 2));
}

#[test]
fn the_defaults_are_two_two_four_and_two() {
    let draw = |current, pages| {
        let links = page(current, pages).iter_pages().map(|number| number.map_or("..".into(), |n| n.to_string()));
        links.collect::<Vec<String>>().join(" ")
    };
    for (current, pages, expected) in [
        (1, 0, ""),
        (1, 1, "1"),
        (1, 20, "1 2 3 4 5 .. 19 20"),
        (5, 20, "1 2 3 4 5 6 7 8 9 .. 19 20"),
        (6, 20, "1 2 .. 4 5 6 7 8 9 10 .. 19 20"),
        (10, 20, "1 2 .. 8 9 10 11 12 13 14 .. 19 20"),
        (14, 20, "1 2 .. 12 13 14 15 16 17 18 19 20"),
        (13, 20, "1 2 .. 11 12 13 14 15 16 17 .. 19 20"),
        (20, 20, "1 2 .. 18 19 20"),
        // Behind the end.
        (21, 20, "1 2 .. 19 20"),
        (30, 20, "1 2 .."),
        (9, 2, "1 2"),
    ] {
        assert_eq!(draw(current, pages), expected, "page {current} of {pages}");
    }
}

#[test]
fn a_long_edge_shows_no_page_twice() {
    let edges = PageEdges { left_edge: 8, left_current: 1, right_current: 1, right_edge: 4 };
    assert_eq!(drawn(&page(1, 9), edges), (1..=9).map(Some).collect::<Vec<_>>());
    let endless =
        PageEdges { left_edge: u64::MAX, left_current: u64::MAX, right_current: u64::MAX, right_edge: u64::MAX };
    assert_eq!(drawn(&page(2, 3), endless), [Some(1), Some(2), Some(3)]);
}

#[test]
fn items_are_counted_through_all_pages() {
    let of = |items: usize, page| Page { items: vec!['x'; items], page, per_page: 20, total: 45 };
    assert_eq!((of(20, 1).first(), of(20, 1).last()), (1, 20));
    assert_eq!((of(5, 3).first(), of(5, 3).last()), (41, 45));
    assert_eq!((of(0, 4).first(), of(0, 4).last()), (0, 0));
    assert_eq!((of(5, 3).previous_page(), of(5, 3).next_page()), (Some(2), None));
    let texts = of(2, 3).map(|item| item.to_string());
    assert_eq!(texts, Page { items: vec!["x".to_owned(), "x".to_owned()], page: 3, per_page: 20, total: 45 });
}

#[test]
fn a_page_that_nobody_could_ask_for_is_no_panic() {
    let page = Page { items: vec![1], page: 0, per_page: 0, total: u64::MAX };
    assert_eq!((page.pages(), page.has_next(), page.has_previous()), (0, false, false));
    assert_eq!(page.iter_pages().count(), 0);
    let page = Page { items: vec![1], page: u64::MAX, per_page: u64::MAX, total: u64::MAX };
    assert_eq!(
        (page.first(), page.next_page(), page.iter_pages().collect::<Vec<_>>()),
        (u64::MAX, None, vec![Some(1)])
    );
}

#[cfg(all(feature = "serde", feature = "serde_json"))]
#[test]
fn serde_writes_what_a_client_needs() {
    let page = Page { items: vec!["a", "b"], page: 2, per_page: 2, total: 5 };
    assert_eq!(
        serde_json::to_string(&page).unwrap(),
        r#"{"items":["a","b"],"page":2,"per_page":2,"total":5,"pages":3,"has_next":true,"has_previous":true}"#
    );
    let page = crate::engine::KeysetPage { items: vec![1], next: Some("x".into()), previous: None };
    assert_eq!(serde_json::to_string(&page).unwrap(), r#"{"items":[1],"next":"x","previous":null}"#);
}
