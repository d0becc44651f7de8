//! Conditions and expressions that a program builds in a loop.

use super::*;

#[test]
fn chains_may_be_long() {
    for count in [1000, 20_000] {
        let query = (1..count).fold(select::<User>(), |query, id| query.filter(|u| u.id.ne(id)));
        for dialect in Dialect::all() {
            let compiled = query.to_sql(dialect).expect("a chain is not deep");
            assert_eq!(compiled.sql.matches(" AND ").count(), count as usize - 2);
            assert_eq!(compiled.binds.len(), count as usize - 1);
        }
        let copy = query.clone();
        assert_eq!(
            copy.to_sql(&orm::dialect::SQLITE).expect("a copy").sql,
            query.to_sql(&orm::dialect::SQLITE).expect("it").sql
        );
    }
}
