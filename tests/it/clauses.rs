//! The clauses of a SELECT that not every database has, on every backend: equal rows where it has them, an error where not.

use orm::dialect::{Dialect, Rollup, RowLocks};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "shops", has_many(sales = Sale::shop))]
struct Shop {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    country: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "sales")]
struct Sale {
    #[orm(primary_key)]
    id: i64,
    shop: Ref<Shop>,
    #[orm(length = 40)]
    product: String,
    amount: i64,
    helper: Option<Ref<Shop>>,
}

/// Shops 1 and 2 in at, 3 in de. Sales: of shop 1 an egg at 5 and a ham at 7, of shop 2 an egg at 7, of shop 3 a ham at 2.
fn filled(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<(Shop, Sale)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    let shop = |id, country: &str| Shop { id, country: country.into() };
    connection.execute(insert(&[shop(1, "at"), shop(2, "at"), shop(3, "de")]))?;
    let sale = |id, shop: i64, product: &str, amount| Sale {
        id,
        shop: shop.into(),
        product: product.into(),
        amount,
        helper: None,
    };
    connection.execute(insert(&[
        sale(1, 1, "egg", 5),
        sale(2, 1, "ham", 7),
        sale(3, 2, "egg", 7),
        sale(4, 3, "ham", 2),
    ]))?;
    Ok(connection)
}

fn dialect(connection: &Connection) -> &'static Dialect {
    connection.dialect()
}

/// The rows where the database has the construct, and an error of kind `Unsupported` where not.
#[track_caller]
fn expect_rows<T: PartialEq + std::fmt::Debug>(
    able: bool,
    rows: orm::Result<Vec<T>>,
    expected: &[T],
) -> orm::Result<()> {
    match (able, rows) {
        (true, rows) => assert_eq!(rows?, expected),
        (false, Err(error)) => assert_eq!(error.kind(), ErrorKind::Unsupported),
        (false, Ok(rows)) => panic!("the dialect does not know that its database can: {rows:?}"),
    }
    Ok(())
}

fn some<T: From<U>, U>(value: U) -> Option<T> {
    Some(value.into())
}

on_every_backend! {
    fn windows_with_names(db) {
        let mut connection = filled(db)?;
        let query = select::<Sale>().columns(|s| {
            let by_product = |w: Window| w.partition_by(s.product).order_by((s.amount, s.id)).named("By product");
            let next = row_number().over(|w| w.order_by(s.id.desc()).named("other"));
            (s.id, rank().over(by_product), lag(s.amount, 1).over(by_product), next)
        });
        let query = query.order_by(|s| (sum(s.amount).over(|w| w.partition_by(s.shop).named("shop")), s.id));
        let rows: Vec<(i64, i64, Option<i64>, i64)> = connection.all(query)?;
        assert_eq!(rows, [(4, 1, None, 1), (3, 2, Some(5), 2), (1, 1, None, 4), (2, 2, Some(2), 3)]);
        let two = select::<Sale>().columns(|s| {
            (rank().over(|w| w.order_by(s.id).named("w")), rank().over(|w| w.order_by(s.amount).named("w")))
        });
        assert_eq!(connection.all(two).map(|rows| rows.len()).unwrap_err().kind(), ErrorKind::Misuse);
    }

    fn frames_of_groups(db) {
        let mut connection = filled(db)?;
        let able = dialect(&connection).clauses.frame_groups;
        let query = select::<Sale>().order_by(|s| s.id).columns(|s| {
            count_all().over(|w| w.order_by(s.amount).groups_between(Frame::Preceding(1), Frame::CurrentRow))
        });
        expect_rows(able, connection.all(query), &[2, 3, 3, 1])?;
        let except = |rows| {
            select::<Sale>().order_by(|s| s.id).columns(move |s| sum(s.amount).over(|w| w.order_by(s.amount).exclude(rows)))
        };
        expect_rows(able, connection.all(except(Excluded::CurrentRow)), &[Some(2), Some(14), Some(14), None])?;
        expect_rows(able, connection.all(except(Excluded::Group)), &[Some(2), Some(7), Some(7), None])?;
        expect_rows(able, connection.all(except(Excluded::Ties)), &[Some(7), Some(14), Some(14), Some(2)])?;
    }

    fn rolled_up_sums(db) {
        let mut connection = filled(db)?;
        let able = dialect(&connection).clauses.rollup != Rollup::None;
        let query = select::<Sale>().join(|s| s.shop).group_by(|(s, shop)| rollup((shop.country, s.product)));
        let query = query.columns(|(s, shop)| (rolled(shop.country), rolled(s.product), sum(s.amount), count(s)));
        let mut rows: orm::Result<Vec<(Option<String>, Option<String>, Option<i64>, i64)>> = connection.all(query.clone());
        if let Ok(rows) = &mut rows {
            rows.sort();
        }
        let row = |country: Option<&str>, product: Option<&str>, amount, count| {
            (country.map(str::to_owned), product.map(str::to_owned), Some(amount), count)
        };
        let all = [
            row(None, None, 21, 4),
            row(Some("at"), None, 19, 3),
            row(Some("at"), Some("egg"), 12, 2),
            row(Some("at"), Some("ham"), 7, 1),
            row(Some("de"), None, 2, 1),
            row(Some("de"), Some("ham"), 2, 1),
        ];
        expect_rows(able, rows, &all)?;
        let ordered = query.clone().order_by(|(s, shop)| (shop.country.asc().nulls_last(), s.product.desc().nulls_first()));
        let expected = [&all[1], &all[3], &all[2], &all[4], &all[5], &all[0]].map(Clone::clone);
        expect_rows(able, connection.all(ordered.clone()), &expected)?;
        expect_rows(able, connection.all(ordered.clone().limit(2).offset(1)), &expected[1..3])?;
        let by_sum = query.clone().order_by(|(s, shop)| (sum(s.amount).desc(), shop.country, count(s), s.product)).limit(2);
        expect_rows(able, connection.all(by_sum), &[all[0].clone(), all[1].clone()])?;
        let large = query.clone().having(|(s, _)| sum(s.amount).gt(15)).order_by(|(s, _)| sum(s.amount));
        expect_rows(able, connection.all(large), &[all[1].clone(), all[0].clone()])?;
        expect_rows(able, connection.count(query.clone()).map(|count| vec![count]), &[6])?;
        expect_rows(able, connection.count(ordered.clone()).map(|count| vec![count]), &[6])?;
        expect_rows(able, connection.exists(ordered.clone()).map(|found| vec![found]), &[true])?;
        let whole = select_from(ordered).filter(|(country, _, _, _)| country.is_null()).columns(|(_, _, sum, _)| sum);
        expect_rows(able, connection.all(whole), &[Some(21)])?;
    }

    fn a_rolled_up_key_is_null(db) {
        let mut connection = filled(db)?;
        let query = select::<Sale>().group_by(|s| rollup(s.shop)).order_by(|s| sum(s.amount));
        let error = connection.all(query.clone().columns(|s| s.shop)).unwrap_err();
        let able = dialect(&connection).clauses.rollup != Rollup::None;
        assert_eq!(error.kind(), if able { ErrorKind::Decode } else { ErrorKind::Unsupported });
        let shops = query.clone().columns(|s| rolled(s.shop));
        expect_rows(able, connection.all(shops.clone()), &[some(3), some(2), some(1), None])?;
        expect_rows(able, db.engine.session().all(shops), &[some(3), some(2), some(1), None])?;
        let able = dialect(&connection).clauses.grouping;
        expect_rows(able, connection.all(query.columns(|s| grouping(s.shop))), &[false, false, false, true])?;
        // A helper is nowhere known: only `grouping` tells those rows from the total.
        let unknown = select::<Sale>().group_by(|s| rollup(s.helper)).order_by(|s| grouping(s.helper));
        let unknown = unknown.columns(|s| (rolled(s.helper), grouping(s.helper), count(s)));
        expect_rows(able, connection.all(unknown), &[(None, false, 4), (None, true, 4)])?;
        let total = select::<Sale>().group_by(|s| rollup(s.shop)).having(|s| grouping(s.shop)).columns(|s| sum(s.amount));
        expect_rows(able, connection.all(total), &[Some(21)])?;
    }

    fn cubes_and_grouping_sets(db) {
        let mut connection = filled(db)?;
        let able = dialect(&connection).clauses.rollup == Rollup::Term;
        let order = |s: SaleFields| (s.shop.asc().nulls_last(), s.product.asc().nulls_last());
        let cubed = select::<Sale>().group_by(|s| cube((s.shop, s.product))).order_by(order).columns(|s| sum(s.amount));
        expect_rows(able, connection.all(cubed), &[5, 7, 12, 7, 7, 2, 2, 12, 9, 21].map(Some))?;
        let sets = select::<Sale>().group_by(|s| grouping_sets((s.shop, s.product, ()))).order_by(order);
        let sets = sets.columns(|s| (rolled(s.shop), rolled(s.product), sum(s.amount)));
        let sums: orm::Result<Vec<Option<i64>>> = connection.all(sets).map(|rows| rows.into_iter().map(|row| row.2).collect());
        expect_rows(able, sums, &[12, 7, 2, 12, 9, 21].map(Some))?;
        let beside = select::<Sale>().group_by(|s| s.product).group_by(|s| rollup(s.shop)).order_by(order);
        expect_rows(able, connection.all(beside.columns(|s| sum(s.amount))), &[5, 7, 7, 2, 12, 9].map(Some))?;
    }

    fn the_first_row_of_each(db) {
        let mut connection = filled(db)?;
        let able = dialect(&connection).distinct_on;
        let best = select::<Sale>().distinct_on(|s| s.product).order_by(|s| (s.product, s.amount.desc()));
        expect_rows(able, connection.all(best.clone().columns(|s| s.id)), &[3, 2])?;
        expect_rows(able, connection.count(best.clone()).map(|count| vec![count]), &[2])?;
        expect_rows(able, connection.paginate(best, 2, 1).map(|page| vec![(page.items[0].id, page.total)]), &[(2, 2)])?;
        let same = select::<Sale>().columns(|s| {
            (s.id, s.product, row_number().over(|w| w.partition_by(s.product).order_by(s.amount.desc())))
        });
        let same = select_from(same).filter(|(_, _, number)| number.eq(1)).order_by(|(_, product, _)| product);
        assert_eq!(connection.all(same.columns(|(id, _, _)| id))?, [3, 2]);
    }

    fn limits_with_ties(db) {
        let mut connection = filled(db)?;
        let able = dialect(&connection).clauses.limit_with_ties;
        let best = |rows| select::<Sale>().order_by(|s| s.amount.desc()).limit_with_ties(rows).columns(|s| s.amount);
        expect_rows(able, connection.all(best(1)), &[7, 7])?;
        expect_rows(able, connection.all(best(2)), &[7, 7])?;
        expect_rows(able, connection.all(best(3)), &[7, 7, 5])?;
        expect_rows(able, connection.all(best(0)), &[])?;
        expect_rows(able, connection.all(best(1).offset(1)), &[7])?;
        expect_rows(able, connection.count(best(1)).map(|count| vec![count]), &[2])?;
        expect_rows(able, connection.exists(best(1)).map(|found| vec![found]), &[true])?;
        let both = best(1).union_all(best(1).offset(2));
        expect_rows(able, connection.all(both.order_by(|amount| amount)), &[5, 7, 7])?;
        let within = select::<Sale>().filter(|s| s.amount.in_(best(1))).order_by(|s| s.id).columns(|s| s.id);
        expect_rows(able, connection.all(within), &[2, 3])?;
        // Its first row every database can say; whether there is only one, not.
        assert_eq!(connection.first(best(1))?, Some(7));
        assert_eq!(connection.first(best(0))?, None);
        let kind = connection.one(best(1)).unwrap_err().kind();
        assert_eq!(kind, if able { ErrorKind::MultipleRows } else { ErrorKind::Unsupported });
        let kind = db.engine.session().one(best(1)).unwrap_err().kind();
        assert_eq!(kind, if able { ErrorKind::MultipleRows } else { ErrorKind::Unsupported });
        assert_eq!(connection.all(best(1).limit(1))?, [7]);
        assert_eq!(connection.paginate(best(1), 1, 2).unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(connection.all(select::<Sale>().limit_with_ties(1)).unwrap_err().kind(), if able { ErrorKind::Misuse } else { ErrorKind::Unsupported });
    }

    fn a_limit_in_a_list(db) {
        let mut connection = filled(db)?;
        let first = select::<Sale>().order_by(|s| (s.amount.desc(), s.id)).limit(1).columns(|s| s.id);
        assert_eq!(connection.all(select::<Sale>().filter(|s| s.id.in_(first)).columns(|s| s.id))?, [2]);
    }

    fn locks_of_some_tables(db) {
        drop(filled(db)?);
        let able = db.engine.dialect().row_locks == RowLocks::ForShare;
        let query = select::<Sale>().left_join(|s| s.helper).order_by(|(s, _)| s.id).columns(|(s, h)| (s.id, h.id));
        db.engine.transaction(|transaction| {
            let locked = query.clone().for_update().of(|(s, _)| s).limit(2);
            expect_rows(able, transaction.all(locked), &[(1, None), (2, None)])
        })?;
        if !able {
            return Ok(());
        }
        // What was locked is what another transaction leaves out, and nothing else is.
        let mut first = db.engine.connect()?;
        let mut first = first.begin()?;
        let joined = select::<Sale>().join(|s| s.shop).order_by(|(s, _)| s.id);
        first.all(joined.filter(|(s, _)| s.id.le(2)).for_update().of(|(_, shop)| shop))?;
        let mut second = db.engine.connect()?;
        let mut second = second.begin()?;
        let free = second.all(select::<Shop>().order_by(|s| s.id).for_update().skip_locked())?;
        assert_eq!(free.iter().map(|shop| shop.id).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(second.all(select::<Sale>().for_update().of(|s| s).skip_locked())?.len(), 4);
    }

    fn a_count_does_not_lock(db) {
        drop(filled(db)?);
        let locked = || select::<Sale>().order_by(|s| s.id).for_update();
        db.engine.transaction(|transaction| {
            assert_eq!(transaction.count(locked()).unwrap_err().kind(), ErrorKind::Misuse);
            assert_eq!(transaction.exists(locked()).unwrap_err().kind(), ErrorKind::Misuse);
            let able = transaction.dialect().row_locks != RowLocks::None;
            // The rows of the page are locked, all are counted.
            let page = transaction.paginate(locked(), 2, 3);
            expect_rows(able, page.map(|page| vec![(page.items[0].id, page.total)]), &[(4, 4)])
        })?;
        let mut session = db.engine.session();
        assert_eq!(session.count(locked()).unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(session.exists(locked()).unwrap_err().kind(), ErrorKind::Misuse);
    }

    fn set_operators_of_all_rows(db) {
        let mut connection = filled(db)?;
        let able = dialect(&connection).clauses.set_operators_all;
        let amounts = || select::<Sale>().columns(|s| s.amount);
        let of_first = || select::<Sale>().filter(|s| s.shop.eq(1)).columns(|s| s.amount);
        expect_rows(able, connection.all(amounts().except_all(of_first()).order_by(|a| a)), &[2, 7])?;
        expect_rows(able, connection.all(amounts().intersect_all(amounts()).order_by(|a| a)), &[2, 5, 7, 7])?;
        expect_rows(able, connection.all(amounts().intersect_all(of_first()).order_by(|a| a)), &[5, 7])?;
        let chain = amounts().union_all(of_first()).except_all(amounts()).union(of_first());
        expect_rows(able, connection.all(chain.order_by(|a| a)), &[5, 7])?;
        let chain = amounts().union_all(of_first()).intersect_all(amounts().union_all(amounts()));
        expect_rows(able, connection.all(chain.order_by(|a| a)), &[2, 5, 5, 7, 7, 7])?;
        let except = amounts().union_all(amounts()).except_all(of_first()).except_all(of_first());
        expect_rows(able, connection.count(except).map(|count| vec![count]), &[4])?;
    }
}
