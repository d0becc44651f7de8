//! Relations: many to one, one to many, many to many with columns of its own, and a tree; loaded eagerly, lazily, and linked.
//!
//! ```sh
//! cargo run --example relations                                      # SQLite, in memory
//! cargo run --example relations --features postgres postgresql://user:password@host/database
//! ```
//!
//! The tables `people`, `films`, `roles`, `tags`, `film_tags` and `genres` of the database are made anew.

use orm::prelude::*;

/// A tree: each genre may be a part of another.
#[derive(Model, Clone, Debug)]
#[orm(table = "genres", has_many(parts = Genre::parent, films = Film::genre))]
struct Genre {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    parent: Option<Ref<Genre>>,
}

#[derive(Model, Clone, Debug)]
#[orm(
    table = "films",
    has_many(roles = Role::film),
    many_to_many(cast = Role::film => Role::person, tags = FilmTag::film => FilmTag::tag)
)]
struct Film {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    title: String,
    genre: Ref<Genre>, // genre_id REFERENCES genres(id)
    director: Option<Ref<Person>>,
}

/// Two relations with films: those that somebody directed, and those that somebody plays in.
#[derive(Model, Clone, Debug)]
#[orm(table = "people", has_many(directed = Film::director), many_to_many(films = Role::person => Role::film))]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
}

/// Between people and films, with a column of its own.
#[derive(Model, Clone, Debug)]
#[orm(table = "roles")]
struct Role {
    #[orm(primary_key, on_delete = "cascade")]
    film: Ref<Film>,
    #[orm(primary_key, on_delete = "cascade")]
    person: Ref<Person>,
    #[orm(length = 40)]
    character: String,
}

#[derive(Model, Clone, Debug)]
#[orm(table = "tags", many_to_many(films = FilmTag::tag => FilmTag::film))]
struct Tag {
    #[orm(primary_key, length = 40)]
    name: String,
}

/// Between films and tags, with nothing of its own: `link` and `unlink` write it.
#[derive(Model, Clone, Debug)]
#[orm(table = "film_tags")]
struct FilmTag {
    #[orm(primary_key, on_delete = "cascade")]
    film: Ref<Film>,
    #[orm(primary_key, on_delete = "cascade")]
    tag: Ref<Tag>,
}

fn store(session: &mut Session) -> orm::Result<()> {
    let genre =
        |name: &str, parent: Option<Handle<Genre>>| Genre { id: 0, name: name.into(), parent: parent.map(Ref::from) };
    let all = session.add(genre("fiction", None));
    let crime = session.add(genre("crime", Some(all)));
    let noir = session.add(genre("film noir", Some(crime)));
    let person = |name: &str| Person { id: 0, name: name.into() };
    let [ann, bob, cyd] = ["Ann", "Bob", "Cyd"].map(|name| session.add(person(name)));
    let film = |title: &str, genre: Handle<Genre>, director: Option<Handle<Person>>| Film {
        id: 0,
        title: title.into(),
        genre: genre.into(),
        director: director.map(Ref::from),
    };
    let dusk = session.add(film("Dusk", noir, Some(ann)));
    let dawn = session.add(film("Dawn", crime, Some(ann)));
    let role = |film: Handle<Film>, person: Handle<Person>, character: &str| Role {
        film: film.into(),
        person: person.into(),
        character: character.into(),
    };
    session.add_all([role(dusk, bob, "a stranger"), role(dusk, cyd, "the widow"), role(dawn, cyd, "a cook")]);
    let rain = session.add(Tag { name: "rain".into() });
    session.link(dusk, |f| f.tags, rain)?;
    session.commit() // INSERT genres, people, films, roles, tags, film_tags: parents first, keys filled in
}

/// What the relations lead to, in sentences.
pub(crate) fn tell(engine: &Engine) -> orm::Result<Vec<String>> {
    let schema = Schema::of::<((Genre, Film, Person), (Role, Tag, FilmTag))>();
    schema.drop_all(engine)?;
    schema.create_all(engine)?;
    let mut session = engine.session();
    store(&mut session)?;
    session.clear();
    let mut story = Vec::new();

    // Lazily: one statement for each relation, however many films there are.
    for film in session.all(select::<Film>().order_by(|f| f.title.desc()))? {
        let director = session.related(film, |f| f.director)?; // Option<Handle<Person>>
        let cast = session.related(film, |f| f.cast)?; // Vec<Handle<Person>>
        let mut cast: Vec<&str> = cast.iter().map(|person| session[*person].name.as_str()).collect();
        cast.sort_unstable();
        let by = director.map_or("nobody", |person| session[person].name.as_str());
        story.push(format!("{} by {by} with {}", session[film].title, cast.join(" and ")));
    }

    // Eagerly, nested, into plain structs: the columns between come with their roles.
    let people: Vec<(Person, Vec<Film>, Vec<Film>)> =
        session.rows(select::<Person>().order_by(|p| p.name).with(|p| p.directed).with(|p| p.films))?;
    for (person, directed, films) in people {
        story.push(format!("{} directed {} and plays in {}", person.name, directed.len(), films.len()));
    }
    let films: Vec<(Film, Vec<(Role, Person)>)> = session
        .rows(select::<Film>().order_by(|f| f.title).with(|f| f.roles.with(|r| r.person).order_by(|r| r.character)))?;
    for (film, roles) in films {
        let roles: Vec<String> =
            roles.iter().map(|(role, person)| format!("{} {}", person.name, role.character)).collect();
        story.push(format!("in {}: {}", film.title, roles.join(", ")));
    }

    // Relations in conditions, without a join: who plays in a film of somebody else's?
    let query = select::<Person>().filter(|p| p.films.any(|f| f.director.is_not_null()) & !p.directed.any(|_| true));
    story.push(format!("{} people only play", session.count(query)?));

    // A tree: downwards by its `has_many`, upwards by following the `Ref`.
    let crime = session.one(select::<Genre>().filter(|g| g.name.eq("crime")))?;
    let parts = session.related(crime, |g| g.parts)?;
    let parent = session.related(crime, |g| g.parent)?.expect("crime has a parent");
    story.push(format!("{} < {} < {}", session[parts[0]].name, session[crime].name, session[parent].name));

    // To move an object, set its `Ref`; to link two, say so.
    let dawn = session.one(select::<Film>().filter(|f| f.title.eq("Dawn")))?;
    session[dawn].genre = parts[0].into();
    let rain = session.get::<Tag>("rain")?.expect("it is tagged");
    session.link(dawn, |f| f.tags, rain)?;
    session.link(dawn, |f| f.tags, rain)?; // twice is once
    session.commit()?;
    let noir = session.related(parts[0], |g| g.films)?.len();
    let rainy = session.related(rain, |t| t.films)?.len();
    session.unlink(dawn, |f| f.tags, rain)?;
    session.commit()?;
    let left = session.related(rain, |t| t.films)?.len();
    story.push(format!("{noir} films are noir; {rainy} are tagged, then {left}"));
    Ok(story)
}

fn main() -> orm::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "sqlite::memory:".into());
    for line in tell(&orm::create_engine(&url)?)? {
        println!("{line}");
    }
    Ok(())
}
