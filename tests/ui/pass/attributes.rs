//! Every attribute of a model and of its fields, and the table that comes of them.
#![deny(missing_docs, missing_debug_implementations, unreachable_pub, warnings)]
#![forbid(unsafe_code)]

use orm::prelude::*;
use orm::schema::{Action, Condition, Generated};
use orm::{Data, Datum, Difference, KeyParts, Record, RowReader, Type, Writer};

/// Something sold.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "products",
    comment = "what is sold",
    index(name, home.city),
    index(name = "products_by_kind", r#type, where = "stock > 0"),
    unique(name, r#type),
    unique(name = "one_name", "home.city", where = "stock > 0"),
    check = "stock >= 0",
    check(name = "heavy", "weight < 1000"),
    check("weight > 0")
)]
#[orm(has_many(parts = Self::whole), has_one(twin = Product::twin_of))]
pub struct Product {
    /// The key.
    #[orm(primary_key, column = "product_id")]
    pub id: i64,
    /// The name.
    #[orm(unique, index, length = 40, collation = "NOCASE", comment = "as printed", check = "name <> ''")]
    pub name: String,
    /// A raw identifier.
    pub r#type: Kind,
    /// How many there are.
    #[orm(server_default = "0")]
    pub stock: Auto<i32>,
    /// In grams.
    #[orm(precision = 10, scale = 2)]
    pub weight: Grams,
    /// Computed when it is written.
    #[orm(computed = "stock * 2", stored)]
    pub double: i64,
    /// Computed when it is read.
    #[orm(computed = "stock * 3", virtual)]
    pub triple: Option<i64>,
    /// A trigger writes it.
    #[orm(read_back)]
    pub changed: Option<i64>,
    /// Counts the updates.
    #[orm(version)]
    pub version: i32,
    /// What it is part of.
    #[orm(on_delete = "cascade", by = "session", on_update = "restrict", deferrable)]
    pub whole: Option<Ref<Self>>,
    /// The other one of the pair.
    #[orm(on_delete = "set_null", on_update = "set_default", column = "twin", index)]
    pub twin_of: Option<Ref<Product>>,
    /// Where it is made.
    #[orm(embed, prefix = "")]
    pub home: Address,
    /// Where it is sold.
    #[orm(embed)]
    pub shop: Address,
    /// Not stored.
    #[orm(skip)]
    pub cache: Vec<Cache>,
}

/// Not a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Cache;

/// A place.
#[derive(Embed, Clone, Debug, PartialEq)]
pub struct Address {
    /// The town.
    #[orm(length = 30)]
    pub city: String,
    /// The country's product.
    #[orm(on_delete = "no_action")]
    pub emblem: Option<Ref<Product>>,
    /// Where on the map.
    #[orm(embed)]
    pub place: Place,
}

/// A place on a map.
#[derive(Embed, Clone, Debug, PartialEq)]
pub struct Place {
    /// North.
    pub lat: f64,
    /// East.
    #[orm(column = "lng")]
    pub long: Option<f64>,
}

/// What a product is.
#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Bread.
    SlicedBread,
    /// Other things.
    #[orm(rename = "misc.")]
    Other,
    /// A raw identifier.
    r#Loop,
}

/// A weight.
#[derive(SqlType, Clone, Copy, Debug, PartialEq)]
#[orm(number)]
pub struct Grams(pub f64);

/// A newtype as a key.
#[derive(SqlType, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AccountId(i64);
impl Key for AccountId {}

/// A text of its own kind.
#[derive(SqlType, Clone, Debug, PartialEq)]
#[orm(text)]
pub struct Email(String);

/// A truth value of its own kind.
#[derive(SqlType, Clone, Debug, PartialEq)]
#[orm(boolean)]
pub struct Consent(bool);

/// Its key is made by a sequence, though it is a newtype.
#[derive(Model, Clone, Debug, PartialEq)]
pub struct Account {
    /// The key.
    #[orm(primary_key, generated = true)]
    pub id: AccountId,
    /// Where to write to.
    pub email: Option<Email>,
    /// Whether it may be written to.
    pub consent: Consent,
}

/// Its key is made by the program.
#[derive(Model, Clone, Debug, PartialEq)]
pub struct Year {
    /// The key.
    #[orm(primary_key, generated = false)]
    pub number: i32,
}

/// Its key is made by the server.
#[derive(Model, Clone, Debug, PartialEq)]
pub struct Ticket {
    /// The key.
    #[orm(primary_key, generated = "server", server_default = "lower(hex(randomblob(16)))")]
    pub number: String,
}

/// A key of two fields, and one of them a reference.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(primary_key(year, account))]
pub struct Statement {
    /// The year.
    pub year: Ref<Year>,
    /// The account.
    pub account: AccountId,
    /// The text.
    pub text: String,
}

/// Read from a raw query.
#[derive(FromRow, Debug, PartialEq)]
pub struct Total {
    /// The kind.
    pub kind: Kind,
    /// How many, and how much.
    pub amount: (i64, Option<f64>),
}

#[allow(non_camel_case_types)]
mod private {
    use orm::prelude::*;

    #[derive(Model, Clone)]
    #[orm(table = "lower")]
    pub(super) struct lower {
        #[orm(primary_key)]
        id: i64,
        pub(super) name: String,
    }

    pub(super) fn make(name: &str) -> lower {
        lower { id: 0, name: name.to_owned() }
    }
}

/// Runs.
pub fn main() {
    let table = Product::table();
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        columns.join(" "),
        "product_id name type stock weight double triple changed version whole_id twin city emblem_id place_lat place_lng \
         shop_city shop_emblem_id shop_place_lat shop_place_lng"
    );
    assert_eq!((table.name, table.model, table.comment), ("products", "Product", Some("what is sold")));
    assert_eq!((table.generated, table.version), (Some(0), Some(8)));

    let column = |name: &str| &table.columns[table.column(name).expect("the column was listed above")];
    let name = column("name");
    assert_eq!((name.length, name.collation, name.comment), (Some(40), Some("NOCASE"), Some("as printed")));
    assert_eq!(column("type").ty, Type::Enum(&["sliced_bread", "misc.", "loop"]));
    assert!(column("stock").auto && column("stock").server_default == Some("0"));
    assert_eq!(column("weight").precision, Some((10, 2)));
    assert!(column("double").computed.is_some_and(|computed| computed.stored));
    assert!(column("triple").computed.is_some_and(|computed| !computed.stored && computed.expression == "stock * 3"));
    assert!(column("changed").read_back);
    assert_eq!(column("shop_place_lng").field, "shop.place.long");
    assert!(column("place_lng").nullable && !column("place_lat").nullable);

    let [whole, twin, emblem, _] = table.foreign_keys.as_slice() else { panic!("{:?}", table.foreign_keys) };
    assert!(whole.by_session && whole.deferrable && !twin.by_session && !twin.deferrable);
    assert_eq!((whole.on_delete, whole.on_update), (Action::Cascade, Action::Restrict));
    assert_eq!((twin.on_delete, twin.on_update), (Action::SetNull, Action::SetDefault));
    assert_eq!((emblem.on_delete, emblem.columns.as_slice()), (Action::NoAction, [12].as_slice()));

    let indexes: Vec<_> = table.indexes.iter().map(|index| (index.name.as_str(), index.columns.as_slice())).collect();
    assert!(indexes.contains(&("products_name_city_idx", &[1, 11])), "{indexes:?}");
    assert!(indexes.contains(&("products_by_kind", &[2])) && indexes.contains(&("one_name", &[11])), "{indexes:?}");
    assert!(indexes.contains(&("products_twin_idx", &[10])), "{indexes:?}");
    assert!(table.indexes.iter().any(|index| index.unique && index.condition == Some("stock > 0")));
    assert!(table.uniques.iter().any(|unique| unique.columns == [1, 2]));
    let checks: Vec<_> = table.checks.iter().map(|check| &check.condition).collect();
    for expected in ["stock >= 0", "weight < 1000", "weight > 0", "name <> ''"] {
        assert!(checks.contains(&&Condition::Sql(expected)), "{checks:?}");
    }
    assert!(table.checks.iter().any(|check| check.name == "heavy"));

    let generated = |table: &orm::schema::Table| table.columns[0].generated;
    assert_eq!(generated(Account::table()), Generated::Sequence);
    assert_eq!(generated(Year::table()), Generated::No);
    assert_eq!(generated(Ticket::table()), Generated::Server);
    assert_eq!(Statement::table().primary_key, [0, 1]);
    let statement = Statement { year: 2020.into(), account: AccountId(7), text: String::new() };
    assert_eq!(statement.key_of(), Some((2020, AccountId(7))));

    values();
    rows();

    // A struct in a function, and one that is visible here only.
    #[derive(Model, Clone)]
    struct Local {
        #[orm(primary_key)]
        id: i64,
    }
    let local = Local { id: 3 };
    assert_eq!((local.key_of(), Local::table().name), (Some(3), "local"));
    assert_eq!(private::make("x").name, "x");
    let _ = select::<private::lower>().filter(|row| row.name.eq("x"));
    let _ = select::<Product>().filter(|product| product.home.city.eq("Rome") & product.shop.place.long.is_null());
    let _ = select::<Product>().filter(|product| product.weight.gt(Grams(1.0)) & product.r#type.eq(Kind::Other));
    let _ = select::<Account>().filter(|account| account.email.like("%@example.org"));
    let _ = select::<Account>().filter(|account| account.consent);
}

fn values() {
    for (kind, label) in [(Kind::SlicedBread, "sliced_bread"), (Kind::Other, "misc."), (Kind::r#Loop, "loop")] {
        assert_eq!(kind.to_datum(), Datum::text(label));
        assert_eq!(Kind::read_key(&Data(&[Datum::text(label)]), 0).expect("a label"), Some(kind));
    }
    let error = Kind::read_key(&Data(&[Datum::text("cake")]), 0).expect_err("no label");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.to_string(), "\"cake\" is no `Kind`; the labels are sliced_bread, misc., loop");
    assert_eq!(AccountId(7).to_datum(), Datum::Int(7));
    assert_eq!(<Grams as Value>::TYPE, Type::F64);
}

fn rows() {
    let address =
        |city: &str| Address { city: city.into(), emblem: Some(4.into()), place: Place { lat: 1.5, long: None } };
    let product = Product {
        id: 1,
        name: "loaf".into(),
        r#type: Kind::SlicedBread,
        stock: Auto::Set(3),
        weight: Grams(500.0),
        double: 6,
        triple: Some(9),
        changed: None,
        version: 1,
        whole: Some(2.into()),
        twin_of: None,
        home: address("Rome"),
        shop: address("Oslo"),
        cache: Vec::new(),
    };
    let mut out = Writer::default();
    product.write(&mut out);
    assert_eq!(out.data.len(), <Product as Record>::WIDTH);
    let read = Product::read(&mut RowReader::new(&Data(&out.data), 0)).expect("what was written can be read");
    assert_eq!(read, product);

    let mut changed = Product { cache: vec![Cache], ..product.clone() };
    changed.name = "roll".into();
    changed.shop.place.long = Some(2.0);
    let mut difference = Difference::default();
    changed.diff(&product, &mut difference);
    assert_eq!(difference.columns, [1, 18]);

    changed.read_column(18, &mut RowReader::new(&Data(&out.data), 18)).expect("a column of an embedded struct");
    changed.read_column(1, &mut RowReader::new(&Data(&out.data), 1)).expect("a column");
    changed.cache.clear();
    assert_eq!(changed, product);
    let error = changed.read_column(99, &mut RowReader::new(&Data(&out.data), 0)).expect_err("no such column");
    assert_eq!(error.to_string(), "no field of `Product` starts at column 99");

    let mut seen = Vec::new();
    changed.references(100, &mut |column, reference| seen.push((column, reference.key().into_owned())));
    let keys: Vec<_> = seen.iter().map(|(column, key)| (*column, key.clone())).collect();
    let four = || Datum::Int(4);
    assert_eq!(keys, [(109, Datum::Int(2)), (110, Datum::Null), (112, four()), (116, four())]);

    let row = [Datum::text("loop"), Datum::Int(2), Datum::Null];
    let total = Total::from_row(&mut RowReader::new(&Data(&row), 0)).expect("three columns");
    assert_eq!(total, Total { kind: Kind::r#Loop, amount: (2, None) });
    assert_eq!(<Total as FromRow>::WIDTH, 3);
    assert_eq!(<Product as FromRow>::WIDTH, 19);
}
