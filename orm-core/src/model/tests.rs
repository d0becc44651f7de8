//! Tests of what models are compared and named by.

use super::*;

#[test]
fn a_difference_names_the_changed_columns() {
    let mut difference = Difference::default();
    difference.field(&1_i64, &1);
    difference.field(&f64::NAN, &f64::NAN);
    difference.field(&0.0_f64, &-0.0);
    difference.field(&None, &Some(String::new()));
    difference.field(&"same".to_owned(), &"same".to_owned());
    difference.field(&vec![1_u8], &vec![2]);
    assert_eq!(difference.columns, [2, 3, 5]);
}

#[test]
fn a_binding_moves_within_its_table() {
    let binding = Binding { table: 3, column: 2, derived: true };
    assert_eq!(binding.offset(5), Binding { table: 3, column: 7, derived: true });
}

#[test]
fn a_handle_is_named_by_its_model_and_place() {
    struct User;
    let handle = Handle::<User>::new(1, 2, 3);
    assert_eq!(format!("{handle:?}"), "Handle<User>(1:2:3)");
    assert!(handle == Handle::new(1, 2, 3));
    assert!(handle != Handle::new(1, 2, 4));
    assert!(handle != Handle::new(2, 2, 3));
}
