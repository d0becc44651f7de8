//! Questions about what is sold: artists, albums, tracks and playlists.

use crate::models::*;
use crate::questions::*;
use orm::prelude::*;

/// Which albums were never sold, not even one track of them?
pub(crate) fn albums_never_sold(db: &mut Connection) -> Rows<(String, String)> {
    db.all(
        select::<Album>()
            .join(|album| album.artist)
            .filter(|(album, _)| !album.tracks.any(|track| track.sales.any(|_| true)))
            .order_by(|(album, _)| album.id)
            .columns(|(album, artist)| (album.title, artist.name)),
    )
}

/// Which artists have the most albums?
pub(crate) fn artists_with_most_albums(db: &mut Connection) -> Rows<(String, i64)> {
    db.all(
        select::<Artist>()
            .order_by(|artist| (artist.albums.count().desc(), artist.id.asc()))
            .limit(10)
            .columns(|artist| (artist.name, artist.albums.count())),
    )
}

/// Which track is the longest of each album of an artist?
pub(crate) fn longest_tracks(db: &mut Connection, artist: &str) -> Rows<(String, String, i64)> {
    let ranked = select::<Track>().columns(|track| {
        let longest_first = (track.milliseconds.desc(), track.id.asc());
        (track, row_number().over(|w| w.partition_by(track.album).order_by(longest_first)))
    });
    db.all(
        select::<Album>()
            .join(|album| album.artist)
            .join_on(ranked, |(album, _, (track, place))| track.album.eq(album.id) & place.eq(1))
            .filter(|(_, of, _)| of.name.eq(artist))
            .order_by(|(album, ..)| album.id)
            .columns(|(album, _, (track, _))| (album.title, track.name, track.milliseconds / 1000)),
    )
}

/// Which tracks are more than three times as long as their album's average?
pub(crate) fn outliers(db: &mut Connection) -> Rows<(String, i64)> {
    db.all(
        select::<Track>()
            .filter(|track| {
                let same_album = select::<Track>().filter(|other| other.album.eq(track.album));
                track.milliseconds.cast::<f64>().gt(same_album.columns(|other| avg(other.milliseconds) * 3.0))
            })
            .order_by(|track| (track.milliseconds.desc(), track.id.asc()))
            .columns(|track| (track.name, track.milliseconds / 1000)),
    )
}

/// How many tracks are short, how many long? Classes without a track are counted, too.
pub(crate) fn lengths(db: &mut Connection) -> Rows<(String, i64, Option<i64>)> {
    let minutes = 60_000_i64;
    let classes = values([
        ("jingle", 0, minutes / 2),
        ("short", minutes / 2, 3 * minutes),
        ("song", 3 * minutes, 7 * minutes),
        ("long", 7 * minutes, 20 * minutes),
        ("episode", 20 * minutes, 90 * minutes),
        ("film", 90 * minutes, i64::MAX),
    ]);
    db.all(
        select_from(classes)
            .left_join_on(select::<Track>(), |((_, from, to), track)| {
                track.milliseconds.ge(from) & track.milliseconds.lt(to)
            })
            .group_by(|((class, from, _), _)| (class, from))
            .order_by(|((_, from, _), _)| from)
            .columns(|((class, ..), track)| (class, count(track), max(track.milliseconds) / 1000)),
    )
}

/// How many tracks are there at each price, and how many of them are films?
pub(crate) fn prices(db: &mut Connection) -> Rows<(Cents, i64, i64, Option<f64>)> {
    db.all(
        select::<Track>()
            .join(|track| track.media_type)
            .group_by(|(track, _)| track.unit_price)
            .order_by(|(track, _)| track.unit_price)
            .columns(|(track, media_type)| {
                let films = count(track).filter(media_type.name.contains("video"));
                (track.unit_price, count(track), films, avg(track.milliseconds))
            }),
    )
}

/// How many tracks of a genre are there in each file format, even if there is none?
pub(crate) fn formats_of(db: &mut Connection, genre: &str) -> Rows<(String, i64)> {
    let of_genre = select::<Track>().filter(|track| track.genre.any(|of| of.name.eq(genre)));
    db.all(
        select::<MediaType>()
            .left_join_on(of_genre, |(media_type, track)| track.media_type.eq(media_type.id))
            .group_by(|(media_type, _)| media_type)
            .order_by(|(media_type, track)| (count(track).desc(), media_type.id.asc()))
            .columns(|(media_type, track)| (media_type.name, count(track))),
    )
}

/// How many tracks and hours has each playlist, and what would it cost? Some are empty.
pub(crate) fn playlists(db: &mut Connection) -> Rows<(i64, String, i64, i64, Cents)> {
    db.all(
        select::<Playlist>()
            .left_join(|playlist| playlist.tracks)
            .group_by(|(playlist, _)| playlist)
            .order_by(|(playlist, track)| (count(track).desc(), playlist.id.asc()))
            .columns(|(playlist, track)| {
                let hours = sum(track.milliseconds).coalesce(0) / 3_600_000;
                (playlist.id, playlist.name, count(track), hours, sum(track.unit_price).coalesce(Cents(0)))
            }),
    )
}

/// Which two playlists have the most tracks in common?
pub(crate) fn playlists_sharing_tracks(db: &mut Connection) -> Rows<(String, String, i64)> {
    db.all(
        select::<PlaylistTrack>()
            .join_on(select::<PlaylistTrack>(), |(one, other)| {
                one.track.eq(other.track) & one.playlist.lt(other.playlist)
            })
            .join(|(one, _)| one.playlist)
            .join(|(_, other, _)| other.playlist)
            .group_by(|(_, _, one, other)| (one.id, one.name, other.id, other.name))
            .order_by(|(_, _, one, other)| (count_all().desc(), one.id.asc(), other.id.asc()))
            .limit(10)
            .columns(|(_, _, one, other)| (one.name, other.name, count_all())),
    )
}

/// On which playlists are the tracks that are on most?
pub(crate) fn tracks_on_most_playlists(db: &mut Connection) -> Rows<(String, i64, Option<String>)> {
    db.all(
        select::<Track>()
            .join(|track| track.playlists)
            .group_by(|(track, _)| (track.id, track.name))
            .having(|_| count_all().ge(5))
            .order_by(|(track, _)| (count_all().desc(), track.id.asc()))
            .columns(|(track, playlist)| {
                (track.name, count_all(), string_agg(playlist.name, ", ").order_by(playlist.id))
            }),
    )
}

/// Which playlists have only tracks that are longer than two minutes?
pub(crate) fn playlists_of_long_tracks(db: &mut Connection) -> Rows<(i64, String, i64)> {
    db.all(
        select::<Playlist>()
            .filter(|playlist| playlist.tracks.any(|_| true))
            .filter(|playlist| playlist.tracks.all(|track| track.milliseconds.gt(120_000)))
            .order_by(|playlist| playlist.id)
            .columns(|playlist| (playlist.id, playlist.name, playlist.tracks.count())),
    )
}

/// Which two tracks were bought together more than once?
pub(crate) fn bought_together(db: &mut Connection) -> Rows<(String, String, i64)> {
    db.all(
        select::<InvoiceLine>()
            .join_on(select::<InvoiceLine>(), |(one, other)| one.invoice.eq(other.invoice) & one.track.lt(other.track))
            .join(|(one, _)| one.track)
            .join(|(_, other, _)| other.track)
            .group_by(|(_, _, one, other)| (one.id, one.name, other.id, other.name))
            .having(|_| count_all().gt(1))
            .order_by(|(_, _, one, other)| (one.id, other.id))
            .columns(|(_, _, one, other)| (one.name, other.name, count_all())),
    )
}

/// Between which numbers of tracks was nothing sold for a long stretch?
pub(crate) fn unsold_stretches(db: &mut Connection) -> Rows<(i64, Option<i64>, Option<i64>)> {
    let sold = select::<Track>()
        .filter(|track| track.sales.any(|_| true))
        .columns(|track| (track.id, lead(track.id, 1).over(|w| w.order_by(track.id))));
    db.all(
        select_from(sold)
            .filter(|(id, next)| (next - id).gt(4))
            .order_by(|(id, next)| ((next - id).desc(), id.asc()))
            .columns(|(id, next)| (id + 1, next - 1, next - id - 1)),
    )
}
