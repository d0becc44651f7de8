//! A column that can differ within a group is refused before anything is sent; what PostgreSQL takes, all of them take.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups_shop", has_many(sales = Sale::shop))]
struct Shop {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups_sale")]
struct Sale {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    item: String,
    price: i64,
    shop: Ref<Shop>,
}

fn filled(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<(Shop, Sale)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    connection.execute(insert(&[Shop { id: 0, name: "a".into() }, Shop { id: 0, name: "b".into() }]))?;
    let sale = |item: &str, price, shop: i64| Sale { id: 0, item: item.into(), price, shop: shop.into() };
    connection.execute(insert(&[sale("tea", 3, 1), sale("tea", 5, 1), sale("cup", 7, 2)]))?;
    Ok(connection)
}

#[track_caller]
fn refused<T, Q: orm::Fetch<T>>(connection: &mut Connection, query: Q, name: &str) {
    let error = connection.all(query).err().expect("the column can differ within a group");
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    assert!(error.to_string().contains(name), "{error}");
}

on_every_backend! {
    fn a_column_beside_an_aggregate_is_refused(db) {
        let mut connection = filled(db)?;
        let c = &mut connection;
        db.statements();
        let item = "`groups_sale.item` can differ within a group";
        refused(c, select::<Sale>().columns(|s| (s.item, count(s))), item);
        refused(c, select::<Sale>().columns(|s| (s.item.upper(), sum(s.price))), item);
        refused(c, select::<Sale>().group_by(|s| s.shop).columns(|s| (s.shop, s.item)), item);
        refused(c, select::<Sale>().group_by(|s| s.shop), "`groups_sale.id`");
        refused(c, select::<Sale>().group_by(|s| s.shop).order_by(|s| s.item).columns(|s| s.shop), item);
        refused(c, select::<Sale>().group_by(|s| s.shop).having(|s| s.item.eq("tea")).columns(|s| s.shop), item);
        refused(c, select::<Sale>().group_by(|s| s.price + 1).columns(|s| s.price), "`groups_sale.price`");
        let other = select::<Shop>().join(|s| s.sales).group_by(|(s, _)| s.id);
        refused(c, other.columns(|(s, sale)| (s.name, sale.item)), item);
        refused(c, select::<Sale>().group_by(|s| s.shop).columns(|s| rank().over(|w| w.order_by(s.item))), item);
        let inner = select::<Sale>().columns(|s| (s.item, max(s.price)));
        refused(c, select_from(inner), item);
        refused(c, select::<Sale>().filter(|s| max(s.price).gt(3)), "goes into `having`");
        assert!(db.statements().is_empty());
    }

    fn what_is_one_value_in_a_group_is_taken(db) {
        let mut connection = filled(db)?;
        let c = &mut connection;
        let by_key = select::<Shop>().join(|s| s.sales).group_by(|(s, _)| s.id).order_by(|(s, _)| s.name);
        let rows: Vec<(Shop, String, i64)> = c.all(by_key.columns(|(s, sale)| (s, s.name.upper(), count(sale))))?;
        assert_eq!((rows[0].1.as_str(), rows[0].2), ("A", 2));
        let by_model = select::<Shop>().left_join(|s| s.sales).group_by(|(s, _)| s).columns(|(s, x)| (s.name, sum(x.price)));
        assert_eq!(c.all(by_model)?.len(), 2);
        let by_expression = select::<Sale>().group_by(|s| s.item.upper()).order_by(|s| s.item.upper());
        let rows = c.all(by_expression.columns(|s| (s.item.upper(), val(1_i64), max(s.price))))?;
        assert_eq!((rows[0].0.as_str(), rows[0].2), ("CUP", Some(7)));
        assert_eq!(c.all(select::<Sale>().columns(|s| (count(s), val("all"), sum(s.price))))?[0].0, 3);
        let ranked = select::<Sale>().columns(|s| (s.item, sum(s.price).over(|w| w.partition_by(s.item))));
        assert_eq!(c.all(ranked)?.len(), 3);
        let ranks = select::<Sale>().group_by(|s| s.item).columns(|s| (s.item, rank().over(|w| w.order_by(sum(s.price).desc()))));
        assert_eq!(c.all(ranks)?.len(), 2);
        let correlated = select::<Shop>().columns(|s| {
            (s.name, subquery(select::<Sale>().filter(move |x| x.shop.eq(s.id)).columns(move |x| max(x.price))))
        });
        assert_eq!(c.all(correlated)?.len(), 2);
        let counted = select::<Shop>().columns(|s| (s.name, s.sales.count()));
        assert_eq!(c.all(counted)?.len(), 2);
        let within = select::<Shop>().filter(|s| s.id.in_(select::<Sale>().group_by(|x| x.shop).having(|x| count(x).gt(1)).columns(|x| x.shop.cast::<i64>())));
        assert_eq!(c.all(within)?.len(), 1);
        let totals = select::<Sale>().group_by(|s| s.shop).columns(|s| (s.shop, sum(s.price)));
        let joined = select::<Shop>().join_on(totals, |(s, (shop, _))| shop.eq(s.id)).group_by(|(s, (_, total))| (s.id, total));
        assert_eq!(c.all(joined.columns(|(s, (_, total))| (s.name, total, count_all())))?.len(), 2);
    }
}
