//! Tests of how a definition becomes a table: names, references to composite keys, what is indexed.

use super::*;
use crate::value::Type;
use std::sync::LazyLock;

const fn column(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec::new(name, FieldKind::Column { ty, nullable: false, auto: false })
}

const fn key(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec { primary_key: true, ..column(name, ty) }
}

const fn reference(name: &'static str, ty: Type, nullable: bool, target: Target) -> FieldSpec {
    let (on_delete, on_update) = (Action::Cascade, Action::NoAction);
    let kind =
        FieldKind::Reference { ty, nullable, target, on_delete, on_update, by_session: false, deferrable: false };
    FieldSpec::new(name, kind)
}

const fn definition(table: &'static str, fields: &'static [FieldSpec]) -> Definition {
    Definition {
        model: "Model",
        table,
        fields,
        uniques: &[],
        indexes: &[],
        full_texts: &[],
        checks: &[],
        comment: None,
        bind: None,
    }
}

fn names(table: &Table) -> Vec<&str> {
    table.columns.iter().map(|column| column.name.as_str()).collect()
}

// Country (code) <- City (country, name) <- Street (city, name) <- Note: keys that hold references, two levels deep.
static COUNTRY: Definition = definition("countries", &[key("code", Type::Text)]);
static COUNTRY_TABLE: LazyLock<Table> = LazyLock::new(|| Table::build(&COUNTRY));
const TO_COUNTRY: Target = Target { definition: || &COUNTRY, table: || &COUNTRY_TABLE };

static CITY: Definition = definition(
    "cities",
    &[
        FieldSpec { primary_key: true, ..reference("country", Type::Text, false, TO_COUNTRY) },
        FieldSpec { column: Some("city name"), ..key("name", Type::Text) },
    ],
);
static CITY_TABLE: LazyLock<Table> = LazyLock::new(|| Table::build(&CITY));
const TO_CITY: Target = Target { definition: || &CITY, table: || &CITY_TABLE };
const CITY_KEY: Type = Type::Row(&[Type::Text, Type::Text]);

static STREET: Definition = definition(
    "streets",
    &[FieldSpec { primary_key: true, ..reference("city", CITY_KEY, false, TO_CITY) }, key("number", Type::I32)],
);
static STREET_TABLE: LazyLock<Table> = LazyLock::new(|| Table::build(&STREET));
const TO_STREET: Target = Target { definition: || &STREET, table: || &STREET_TABLE };
const STREET_KEY: Type = Type::Row(&[CITY_KEY, Type::I32]);

#[test]
fn references_to_composite_keys_have_the_columns_of_the_key() {
    assert_eq!(names(&COUNTRY_TABLE), ["code"]);
    assert_eq!(names(&CITY_TABLE), ["country_id", "city name"]);
    assert_eq!(names(&STREET_TABLE), ["city_country_id", "city_city name", "number"]);
    assert_eq!(STREET_TABLE.primary_key, [0, 1, 2]);
    let [foreign_key] = &STREET_TABLE.foreign_keys[..] else { panic!("one foreign key") };
    assert_eq!(foreign_key.columns, [0, 1]);
    assert_eq!(foreign_key.name, "streets_city_country_id_city_city name_fkey");
    assert_eq!(foreign_key.on_delete, Action::Cascade);
    assert_eq!((foreign_key.target)(), &*CITY_TABLE);
}

#[test]
fn a_reference_of_several_columns_may_have_a_prefix() {
    static NOTE: Definition = definition(
        "notes",
        &[
            FieldSpec { column: Some("at"), ..reference("street", STREET_KEY, true, TO_STREET) },
            FieldSpec { column: Some("country"), ..reference("origin", Type::Text, true, TO_COUNTRY) },
            column("text", Type::Text),
        ],
    );
    let table = Table::build(&NOTE);
    assert_eq!(names(&table), ["at_city_country_id", "at_city_city name", "at_number", "country", "text"]);
    let types: Vec<Type> = table.columns.iter().map(|column| column.ty).collect();
    assert_eq!(types, [Type::Text, Type::Text, Type::I32, Type::Text, Type::Text]);
    assert_eq!(table.columns.iter().map(|c| c.nullable).collect::<Vec<_>>(), [true, true, true, true, false]);
    assert_eq!(table.columns.iter().map(|c| c.indexed).collect::<Vec<_>>(), [true, true, true, true, false]);
    assert_eq!(table.field("street"), Some(&FieldColumns { name: "street".into(), start: 0, width: 3 }));
    assert_eq!(table.field("text").map(|field| field.start), Some(4));
    assert!(table.columns[..3].iter().all(|column| column.field == "street"));
}

#[test]
fn a_table_may_refer_to_itself() {
    static NODE: Definition = definition(
        "nodes",
        &[
            FieldSpec { generated: Generated::Sequence, ..key("id", Type::I64) },
            reference("parent", Type::I64, true, Target { definition: || &NODE, table: || &NODE_TABLE }),
        ],
    );
    static NODE_TABLE: LazyLock<Table> = LazyLock::new(|| Table::build(&NODE));
    assert_eq!(names(&NODE_TABLE), ["id", "parent_id"]);
    assert_eq!(NODE_TABLE.generated, Some(0));
    assert_eq!((NODE_TABLE.foreign_keys[0].target)().number, NODE_TABLE.number);
    assert!(*NODE_TABLE != *COUNTRY_TABLE);
}

#[test]
fn embedded_fields_get_a_prefix_at_every_depth() {
    const POINT: &[FieldSpec] = &[column("x", Type::F64), FieldSpec { unique: true, ..column("y", Type::F64) }];
    const ADDRESS: &[FieldSpec] = &[
        column("city", Type::Text),
        FieldSpec::new("place", FieldKind::Embedded { fields: POINT }),
        FieldSpec {
            column: Some("p"),
            ..FieldSpec::new("post", FieldKind::Embedded { fields: &[column("code", Type::Text)] })
        },
    ];
    static SHOP: Definition = Definition {
        uniques: &[IndexSpec { name: None, fields: &["address.place", "id"], condition: None }],
        indexes: &[IndexSpec { name: Some("by_city"), fields: &["address.city"], condition: Some("{id} > 0") }],
        ..definition(
            "shops",
            &[key("id", Type::I64), FieldSpec::new("address", FieldKind::Embedded { fields: ADDRESS })],
        )
    };
    let table = Table::build(&SHOP);
    assert_eq!(names(&table), ["id", "address_city", "address_place_x", "address_place_y", "address_pcode"]);
    assert_eq!(table.field("address.place.y").map(|field| (field.start, field.width)), Some((3, 1)));
    assert_eq!(table.field("address").map(|field| (field.start, field.width)), Some((1, 4)));
    let uniques: Vec<_> = table.uniques.iter().map(|unique| (unique.name.as_str(), &unique.columns[..])).collect();
    assert_eq!(
        uniques,
        [("shops_address_place_y_key", &[3][..]), ("shops_address_place_x_address_place_y_id_key", &[2, 3, 0][..])]
    );
    let [index] = &table.indexes[..] else { panic!("one index") };
    assert_eq!((index.name.as_str(), &index.columns[..], index.condition), ("by_city", &[1][..], Some("{id} > 0")));
    assert_eq!(table.columns.iter().map(|c| c.indexed).collect::<Vec<_>>(), [true, true, true, true, false]);
}

#[test]
fn a_unique_condition_is_a_partial_index() {
    static USER: Definition = Definition {
        uniques: &[IndexSpec { name: None, fields: &["mail"], condition: Some("{gone} = FALSE") }],
        ..definition("users", &[key("id", Type::I64), column("mail", Type::Text), column("gone", Type::Bool)])
    };
    let table = Table::build(&USER);
    assert!(table.uniques.is_empty());
    assert!(table.indexes[0].unique);
    assert_eq!(table.indexes[0].name, "users_mail_key");
}

#[test]
fn an_enum_has_a_check_and_the_length_of_its_longest_label() {
    static TASK: Definition = Definition {
        checks: &[(None, "{id} > 0"), (Some("named"), "{id} < 9")],
        ..definition(
            "tasks",
            &[
                key("id", Type::I64),
                FieldSpec { check: Some("{state} <> 'x'"), ..column("state", Type::Enum(&["new", "größer"])) },
                FieldSpec { length: Some(40), ..column("kind", Type::Enum(&["a"])) },
            ],
        )
    };
    let table = Table::build(&TASK);
    assert_eq!((table.columns[1].length, table.columns[2].length), (Some(6), Some(40)));
    let mut names: Vec<&str> = table.checks.iter().map(|check| check.name.as_str()).collect();
    let labels = Condition::OneOf { column: 1, labels: &["new", "größer"] };
    assert!(table.checks.iter().any(|check| check.condition == labels));
    assert_eq!(names.len(), 5);
    assert!(names.contains(&"tasks_check_1") && names.contains(&"named"));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 5, "no two constraints have one name: {names:?}");
}

#[test]
fn long_names_are_cut_and_stay_apart() {
    const LONG: &str = "a_table_whose_name_is_already_so_long_that_hardly_a_constraint_fits";
    static TABLE: Definition = Definition {
        checks: &[(None, "TRUE"), (None, "FALSE")],
        ..definition(
            LONG,
            &[
                key("id", Type::I64),
                FieldSpec { unique: true, ..column("first", Type::I64) },
                FieldSpec { unique: true, index: true, ..column("größe", Type::I64) },
            ],
        )
    };
    let table = Table::build(&TABLE);
    let mut names: Vec<&str> = vec![&table.primary_key_name];
    names.extend(table.uniques.iter().map(|unique| unique.name.as_str()));
    names.extend(table.indexes.iter().map(|index| index.name.as_str()));
    names.extend(table.checks.iter().map(|check| check.name.as_str()));
    assert_eq!(names.len(), 6);
    for name in &names {
        assert!(name.len() <= 63, "{name} has {} bytes", name.len());
        assert!(name.starts_with("a_table_whose_name_is_already"), "{name}");
    }
    assert!(names[0].ends_with("_pkey") && names[1].ends_with("_key") && names[3].ends_with("_idx"));
    let again = Table::build(&TABLE);
    assert_eq!(again.primary_key_name, names[0], "the same in every run");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 6);
}

#[test]
fn a_cut_does_not_part_a_character() {
    const LONG: &str = "größengrößengrößengrößengrößengrößengrößengrößengrößengrößen";
    static TABLE: Definition = definition(LONG, &[key("id", Type::I64)]);
    let name = Table::build(&TABLE).primary_key_name;
    assert!(name.len() <= 63 && name.len() > 60, "{name}");
}
