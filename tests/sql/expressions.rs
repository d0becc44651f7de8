//! Arithmetic, functions, CASE and CAST, aggregates.

use super::*;

#[test]
fn arithmetic() {
    check(
        select::<Post>().columns(|p| (p.score * 2.0 + 1.0, (p.score + 1.0) * 2.0, -p.score, 1.0 / p.score)),
        expect![[]],
    );
    check(select::<User>().columns(|u| (u.age / 2, u.age % 2, u.age - 1, 10 - u.age)), expect![[]]);
    check(select::<User>().columns(|u| (-(u.age + 1), u.age - (u.age - 1), u.age / (u.age / 2))), expect![[]]);
    check(select::<User>().columns(|_| (val(7) / val(2), val(7_i64) + 1)), expect![[]]);
    filter(|u| (u.age * 2).gt(u.age + 1), expect![[]]);
    filter(|u| (-u.age).lt(-5) & (-(-u.age)).eq(5), expect![[]]);
}

#[test]
fn functions() {
    check(select::<User>().columns(|u| (u.name.lower(), u.name.upper(), u.name.trim(), u.name.length())), expect![[]]);
    check(
        select::<User>().columns(|u| (u.name.concat("!"), u.name.concat(u.email), val("a").concat("b"))),
        expect![[]],
    );
    check(select::<User>().columns(|u| (u.name.replace("a", "b"), u.name.substring(1, 3), u.age.abs())), expect![[]]);
    check(
        select::<User>().columns(|u| (u.email.coalesce("none"), u.email.coalesce(u.name), u.name.nullif("x"))),
        expect![[]],
    );
    check(select::<User>().columns(|u| function::<f64>("pow", [arg(u.age), arg(val(2))])), expect![[]]);
    check(select::<User>().columns(|_| function::<i64>("pg_catalog.pg_backend_pid", [])), expect![[]]);
}

#[test]
fn case_and_cast() {
    let case_of =
        |u: UserFields| case::<String>().when(u.age.gt(64), "old").when(u.age.gt(18), u.name).otherwise("young");
    check(select::<User>().columns(case_of), expect![[]]);
    check(select::<User>().columns(|u| case::<i64>().when(u.admin, 1).end()), expect![[]]);
    check(
        select::<User>()
            .columns(|u| (u.age.cast::<i64>(), u.age.cast::<String>(), u.name.cast::<f64>(), u.age.cast::<bool>())),
        expect![[]],
    );
    check(
        select::<User>()
            .columns(|u| (u.id.cast::<i16>(), u.id.cast::<u32>(), u.id.cast::<f32>(), u.name.cast::<Vec<u8>>())),
        expect![[]],
    );
    filter(|u| case::<i32>().when(u.admin, 1).otherwise(2).eq(1), expect![[]]);
}

#[test]
fn values_say_their_types_where_nothing_else_does() {
    check(
        select::<User>().columns(|u| (u.id, val("x"), val(1), val(2.5), val(true), val(None::<String>))),
        expect![[]],
    );
}

#[test]
fn a_selected_condition_is_never_null() {
    check(
        select::<User>().columns(|u| (u.email.eq("x"), u.email.is_null(), !u.admin, u.email.like("x"), u.admin)),
        expect![[]],
    );
    check(select::<User>().columns(|u| exists(select::<Post>().filter(|p| p.author.eq(u.id)))), expect![[]]);
}

#[test]
fn aggregates() {
    check(select::<User>().columns(|u| (count(u), count(u.email), count_all(), count_distinct(u.age))), expect![[]]);
    check(select::<User>().columns(|u| (sum(u.age), avg(u.age), min(u.name), max(u.age + 1))), expect![[]]);
    check(
        select::<User>()
            .join(|u| u.posts)
            .group_by(|(u, _)| u.name)
            .having(|(_, p)| count(p.id).gt(3))
            .having(|(_, p)| sum(p.score).gt(avg(p.score)))
            .order_by(|(_, p)| (count(p).desc(), max(p.title)))
            .columns(|(u, p)| (u.name, count(p), sum(p.score).coalesce(0.0))),
        expect![[]],
    );
    check(select::<User>().group_by(|u| (u.age, u.name.lower())).columns(|u| (u.age, count_all())), expect![[]]);
    check(select::<User>().group_by(|u| u).columns(|u| (u, count_all())), expect![[]]);
    check(select::<Note>().group_by(|n| n.about).columns(|n| (n.about, count_all())), expect![[]]);
}

#[cfg(feature = "rust_decimal")]
mod decimals {
    use super::*;
    use rust_decimal::Decimal;

    #[derive(Model, Clone, Debug)]
    struct Item {
        #[orm(primary_key)]
        id: i64,
        price: Decimal,
        discount: Option<Decimal>,
    }

    /// SQLite keeps decimals as text; what compares, orders and counts them is this library's own.
    #[test]
    fn decimals() {
        let one = || Decimal::new(150, 2);
        check(select::<Item>().columns(|i| i.id).filter(|i| i.price.gt(one()) & i.price.eq(i.discount)), expect![[]]);
        check(
            select::<Item>().columns(|i| i.id).filter(|i| i.price.between(1, 2) & i.price.in_([one(), one()])),
            expect![[]],
        );
        check(
            select::<Item>().columns(|i| (i.price + i.discount, i.price - one(), i.price * 2, -i.price)),
            expect![[]],
        );
        check(
            select::<Item>().columns(|i| (sum(i.price), avg(i.price), min(i.price), max(i.price), i.price.abs())),
            expect![[]],
        );
        check(
            select::<Item>()
                .columns(|i| i.price)
                .distinct()
                .order_by(|i| (i.price.desc(), i.discount.asc().nulls_last())),
            expect![[]],
        );
        check(select::<Item>().group_by(|i| i.price).columns(|i| (i.price, count_distinct(i.discount))), expect![[]]);
        check(select::<Item>().columns(|i| i.price / 3), expect![[]]);
        check(
            select::<Item>().columns(|i| (i.price.cast::<f64>(), i.id.cast::<Decimal>(), i.price.coalesce(one()))),
            expect![[]],
        );
        check(
            select::<Item>().columns(|i| i.id).filter(|i| val(one()).lt(i.price) & i.price.same(i.discount)),
            expect![[]],
        );
        check(update::<Item>().set(|i| i.price.to(i.price + 1)).filter(|i| i.price.lt(one())), expect![[]]);
        check(
            select::<Item>().columns(|i| i.id).filter(|i| {
                i.price.in_(select::<Item>().columns(|j| j.price))
                    & i.price.gt(select::<Item>().columns(|j| max(j.price)))
            }),
            expect![[]],
        );
    }
}
