//! Rounding and roots: the methods of numeric columns and expressions beyond arithmetic. Knows no SQL text.

use super::expr::{AsExpr, Expr, Field, IntoExpr};
use super::scalar::{ScalarFunction, scalar};
use crate::value::{Nullability, Number, SqlType, Type, Value};

// impl<T: SqlType<Base: Number>> Field<T> { pub fn round(self, digits: u32) -> Expr<T> {..} .. } and the same for Expr<T>
macro_rules! methods { ($($shell:ident),*) => { $(
    impl<T: SqlType<Base: Number>> $shell<T> {
        /// Rounded to so many digits behind the point. Integers stay as they are.
        ///
        /// A decimal in the middle goes away from zero. So does a float, but on MySQL and MariaDB, where it goes to the even
        /// digit. Round an `f32` as `.cast::<f64>().round(2)`: most rounded numbers are no `f32`.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|_| val(2.345_f64).round(1)), 2.3);
        /// ```
        pub fn round(self, digits: u32) -> Expr<T> {
            scalar(ScalarFunction::Round(digits), <T::Base as Value>::TYPE, vec![self.into_node()])
        }
        /// The next whole number that is not larger.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|_| (val(-2.5_f64).floor(), val(-2.5_f64).ceil())), (-3.0, -2.0));
        /// ```
        pub fn floor(self) -> Expr<T> {
            scalar(ScalarFunction::Floor, <T::Base as Value>::TYPE, vec![self.into_node()])
        }
        /// The next whole number that is not smaller.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|_| val(2.1_f64).ceil()), 3.0);
        /// ```
        pub fn ceil(self) -> Expr<T> {
            scalar(ScalarFunction::Ceil, <T::Base as Value>::TYPE, vec![self.into_node()])
        }
        /// The square root, as a float. Of a negative number it is NULL, and on PostgreSQL an error.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|_| val(9.0).sqrt()), Some(3.0));
        /// ```
        pub fn sqrt(self) -> Expr<Option<f64>> {
            scalar(ScalarFunction::SquareRoot, Type::F64, vec![self.into_node()])
        }
        /// The power, as a float. Where it is no real number it is NULL, or an error of the database.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| (u.id + 1).power(10)), Some(1024.0));
        /// ```
        pub fn power(self, exponent: impl IntoExpr<f64>) -> Expr<Option<f64>> {
            scalar(ScalarFunction::Power, Type::F64, vec![self.into_node(), exponent.into_operand()])
        }
        /// -1, 0 or 1.
        /// ```
        /// # use orm_doc::*;
        /// assert_eq!(of_alice(|u| (u.id - 5).sign()), -1);
        /// ```
        pub fn sign(self) -> Expr<<T::Null as Nullability>::Of<i64>> {
            scalar(ScalarFunction::Sign, Type::I64, vec![self.into_node()])
        }
    }
)* } }
methods!(Field, Expr);
