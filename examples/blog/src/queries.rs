//! The questions that pages and the API ask. Each is one statement, and one more for each relation; none for each row.

use crate::models::{Comment, Post, Tag, User, by_slug};
use orm::prelude::*;
use orm_axum::{Db, PageQuery, Result};

/// A post as lists show it.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) post: Post,
    pub(crate) author: User,
    pub(crate) tags: Vec<Tag>,
    pub(crate) comments: i64,
}

/// A post with all that is on its page.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) post: Post,
    pub(crate) author: User,
    pub(crate) tags: Vec<Tag>,
    pub(crate) comments: Vec<(Comment, User)>,
}

type SummaryRow = ((Post, Option<i64>), User, Vec<Tag>);

/// Three statements for a page of any length: the posts with the numbers of their comments, the authors, the tags.
fn summaries(
    posts: Query<Post>,
) -> Select<impl Scope + Send + 'static, impl Output<Plain = SummaryRow> + Send + 'static> {
    posts
        .order_by(|p| (p.published.desc(), p.id.desc()))
        .columns(|p| (p, subquery(select::<Comment>().filter(move |c| c.post.eq(p.id)).columns(|_| count_all()))))
        .with(|p| p.author)
        .with(|p| p.tags.order_by(|t| t.name))
}

fn summary(((post, comments), author, tags): SummaryRow) -> Summary {
    Summary { post, author, tags, comments: comments.unwrap_or(0) }
}

/// A page of posts, the newest first.
pub(crate) async fn page_of(db: &Db, posts: Query<Post>, asked: &PageQuery) -> Result<Page<Summary>> {
    Ok(db.paginate(summaries(posts), asked).await?.map(summary))
}

/// The same by a cursor, which is as fast on the last page as on the first.
pub(crate) async fn page_after(db: &Db, posts: Query<Post>, asked: &PageQuery) -> Result<KeysetPage<Summary>> {
    Ok(db.paginate_after(summaries(posts), asked).await?.map(summary))
}

/// A post with its author, tags and comments, and who wrote those: five statements, or 404.
pub(crate) async fn whole(db: &Db, slug: &str) -> Result<Whole> {
    let query = by_slug(slug)
        .with(|p| p.author)
        .with(|p| p.tags.order_by(|t| t.name))
        .with(|p| p.comments.with(|c| c.author).order_by(|c| (c.written, c.id)));
    let (post, author, tags, comments) = db.one_or_404(query).await?;
    Ok(Whole { post, author, tags, comments })
}

/// Posts that have all of these words in their title or text.
pub(crate) fn matching(words: &str) -> Query<Post> {
    words.split_whitespace().take(8).fold(select::<Post>(), |posts, word| {
        let word = word.to_lowercase();
        let again = word.clone();
        posts.filter(|p| p.title.lower().contains(word) | p.body.lower().contains(again))
    })
}

/// The tags with the number of their posts, the most used first.
pub(crate) async fn popular_tags(db: &Db, most: u64) -> Result<Vec<(String, i64)>> {
    let query = select::<Tag>()
        .join(|t| t.posts)
        .group_by(|(t, _)| t.name)
        .order_by(|(t, p)| (count(p).desc(), t.name))
        .limit(most)
        .columns(|(t, p)| (t.name, count(p)));
    db.read(|session| Ok(session.rows(query)?)).await
}
