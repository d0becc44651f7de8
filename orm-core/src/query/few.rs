//! `Few`: a list that needs no memory of its own for a single item. Most queries have one table, select one thing and bind one value.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::{option, vec};

/// A list. The tree of a query holds one where there is most often a single item; it is used as a slice.
///
/// ```
/// # use orm_doc::*;
/// let query = select::<User>();
/// assert_eq!(query.body().from.len(), 1);
/// let joined = query.join(|u| u.posts);
/// assert!(joined.body().from.iter().all(|from| !from.hidden));
/// ```
#[derive(Clone)]
pub enum Few<T> {
    /// At most one item.
    One(Option<T>),
    /// Any number of items.
    Many(Vec<T>),
}

impl<T> Few<T> {
    /// An empty list.
    pub const fn new() -> Few<T> {
        Few::One(None)
    }

    /// A list of one item.
    pub const fn one(item: T) -> Few<T> {
        Few::One(Some(item))
    }

    /// Appends an item.
    pub fn push(&mut self, item: T) {
        match self {
            Few::One(only @ None) => *only = Some(item),
            Few::One(Some(_)) => self.many().push(item),
            Few::Many(items) => items.push(item),
        }
    }

    /// The items as a vector, which the list is from now on.
    fn many(&mut self) -> &mut Vec<T> {
        if let Few::One(only) = self {
            // As a vector grows by itself, but at once.
            let mut items = Vec::with_capacity(4);
            items.extend(only.take());
            *self = Few::Many(items);
        }
        match self {
            Few::Many(items) => items,
            Few::One(_) => unreachable!("it was made a vector above"),
        }
    }

    /// The items as a slice.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Few::One(only) => only.as_slice(),
            Few::Many(items) => items,
        }
    }
}

impl<T> Default for Few<T> {
    fn default() -> Few<T> {
        Few::new()
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T> DerefMut for Few<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        match self {
            Few::One(only) => only.as_mut_slice(),
            Few::Many(items) => items,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Few<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

impl<T: PartialEq> PartialEq for Few<T> {
    fn eq(&self, other: &Few<T>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T> From<Vec<T>> for Few<T> {
    fn from(items: Vec<T>) -> Few<T> {
        Few::Many(items)
    }
}

impl<T> Extend<T> for Few<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Few<T> {
        let mut few = Few::new();
        few.extend(items);
        few
    }
}

impl<T> IntoIterator for Few<T> {
    type Item = T;
    type IntoIter = std::iter::Chain<option::IntoIter<T>, vec::IntoIter<T>>;

    fn into_iter(self) -> Self::IntoIter {
        match self {
            Few::One(only) => only.into_iter().chain(Vec::new()),
            Few::Many(items) => None.into_iter().chain(items),
        }
    }
}

impl<'f, T> IntoIterator for &'f Few<T> {
    type Item = &'f T;
    type IntoIter = std::slice::Iter<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'f, T> IntoIterator for &'f mut Few<T> {
    type Item = &'f mut T;
    type IntoIter = std::slice::IterMut<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn a_list_grows_out_of_its_place() {
        let mut few = Few::new();
        assert!(few.is_empty());
        for item in 0..4 {
            few.push(item);
            assert_eq!(*few, (0..=item).collect::<Vec<i32>>());
        }
        few[0] = 7;
        assert_eq!(few.clone(), Few::from(vec![7, 1, 2, 3]));
        assert_eq!(few.into_iter().collect::<Vec<i32>>(), [7, 1, 2, 3]);
        assert_eq!(Few::one(7), Few::from(vec![7]));
        assert_eq!(format!("{:?}", Few::one(7)), "[7]");
    }
}
