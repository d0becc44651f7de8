//! From text to `Url`. No error of this file quotes the text: any part of a malformed URL may be a part of a password.

use super::{Form, Host, Secret, Url, canonical_dialect, is_ipv6, is_name};
use orm_core::Result;
use percent_encoding::percent_decode_str;

pub(super) fn parse(text: &str) -> Result<Url> {
    if text.trim() != text || text.chars().any(char::is_control) {
        return Err(Form::Other.error("the URL holds a control character, or white space at an end"));
    }
    let Some((scheme, rest)) = text.split_once(':') else {
        return Err(Form::Other.error("a database URL begins with `dialect://`"));
    };
    let (dialect, driver) = match scheme.split_once('+') {
        Some((dialect, driver)) => (dialect, Some(driver)),
        None => (scheme, None),
    };
    if !is_name(dialect) || driver.is_some_and(|driver| !is_name(driver)) {
        return Err(Form::Other.error("a database URL begins with `dialect://` or `dialect+driver://`"));
    }
    let dialect = canonical_dialect(dialect);
    let form = Form::of(&dialect);
    let (before_options, options) = match rest.split_once('?') {
        Some((before, options)) => (before, Some(options)),
        None => (rest, None),
    };
    let mut url = Url {
        dialect,
        driver: driver.map(str::to_ascii_lowercase),
        user: None,
        password: None,
        hosts: Vec::new(),
        database: None,
        options: Vec::new(),
    };
    match (form, before_options, before_options.strip_prefix("//")) {
        (Form::File, ":memory:", _) => {}
        (_, _, Some(address)) => read_address(&mut url, form, address)?,
        (Form::File, _, None) => return Err(form.error("a file name follows three slashes")),
        (_, _, None) => return Err(form.error("`://` must follow the dialect")),
    }
    // The path of a file may hold an `@`. Elsewhere it is the sign of a `/` or `?` in a password, of which no piece must get
    // on as the name of a database or option.
    let is_file = matches!(form, Form::File);
    if !is_file && options.is_some_and(|options| options.contains('@')) {
        return Err(misplaced_at(form));
    }
    if let Some(options) = options.filter(|options| !options.is_empty()) {
        read_options(&mut url, form, options)?;
    }
    url.check()
}

fn misplaced_at(form: Form) -> orm_core::Error {
    form.error(
        "an `@` stands after the host; in a user or password, write `@ : / ? # %` as `%40 %3A %2F %3F %23 %25`, \
         and elsewhere `@` as `%40`",
    )
}

/// Reads what is between `://` and `?`.
fn read_address(url: &mut Url, form: Form, address: &str) -> Result<()> {
    let (authority, database) = match address.split_once('/') {
        Some((authority, database)) => (authority, Some(database)),
        None => (address, None),
    };
    let is_file = matches!(form, Form::File);
    if !is_file && database.is_some_and(|database| database.contains('@')) {
        return Err(misplaced_at(form));
    }
    let hosts = match authority.rsplit_once('@') {
        Some((credentials, hosts)) => {
            let (user, password) = match credentials.split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (credentials, None),
            };
            url.user = Some(decode(form, "the user", user)?).filter(|user| !user.is_empty());
            url.password =
                password.map(|password| decode(form, "the password", password)).transpose()?.map(Secret::new);
            hosts
        }
        None => authority,
    };
    if !hosts.is_empty() {
        url.hosts = hosts.split(',').map(|host| read_host(form, host)).collect::<Result<_>>()?;
    }
    url.database = match database {
        // `sqlite:///` is more likely a forgotten name than a database in memory: `check` refuses it.
        Some("") if !is_file => None,
        Some(database) => Some(decode(form, "the database", database)?),
        None => None,
    };
    if is_file && url.database.as_deref() == Some(":memory:") {
        url.database = None;
    }
    Ok(())
}

fn read_host(form: Form, text: &str) -> Result<Host> {
    let (name, port) = match text.strip_prefix('[') {
        Some(bracketed) => {
            let Some((address, port)) = bracketed.split_once(']') else {
                return Err(form.error("a `[` before an IPv6 address has no `]` after it"));
            };
            let address = decode(form, "the host", address)?;
            if !is_ipv6(&address) {
                return Err(form.error("the brackets do not hold an IPv6 address"));
            }
            match (port, port.strip_prefix(':')) {
                ("", _) => (address, None),
                (_, Some(port)) => (address, Some(port)),
                (_, None) => return Err(form.error("only `:port` can follow the brackets of an IPv6 address")),
            }
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(
                    form.error("a host has more than one `:`; an IPv6 address is written in brackets, `[::1]:5432`")
                );
            }
            Some((name, port)) => (decode(form, "the host", name)?, Some(port)),
            None => (decode(form, "the host", text)?, None),
        },
    };
    if name.is_empty() {
        return Err(form.error("a host is empty"));
    }
    let port = match port {
        None => None,
        Some(port) => match port.parse::<u16>() {
            // `parse` takes a plus sign, which no port has.
            Ok(number) if number > 0 && !port.starts_with('+') => Some(number),
            _ => return Err(form.error("a port is not a number from 1 to 65535")),
        },
    };
    Ok(Host { name, port })
}

fn read_options(url: &mut Url, form: Form, text: &str) -> Result<()> {
    for option in text.split('&') {
        let Some((name, value)) = option.split_once('=') else {
            return Err(form.error("an option is written `name=value`, and options are separated by `&`"));
        };
        let name = decode(form, "the name of an option", name)?;
        url.options.push((name, decode(form, "the value of an option", value)?));
    }
    Ok(())
}

/// Decodes `%` and two hexadecimal digits; anything else after a `%` is an error, unlike in web addresses.
fn decode(form: Form, part: &str, text: &str) -> Result<String> {
    let mut escapes = text.split('%');
    let _before_first = escapes.next();
    if escapes.any(|escape| !escape.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))) {
        return Err(
            form.error(&format!("{part} holds a `%` that two hexadecimal digits do not follow; `%` itself is `%25`"))
        );
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(form.error(&format!("{part} is not UTF-8 after its `%` escapes are decoded"))),
    }
}
