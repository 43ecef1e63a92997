//! The part of a shell that the documentation uses: assignments, and `curl`, whose answer `sed` may cut.

use std::collections::BTreeMap;

use reqwest::Method;

/// A `curl` command that was run.
#[derive(Debug)]
pub(super) struct Ran {
    /// The method and the address.
    pub(super) call: String,
    pub(super) status: u16,
    pub(super) answer: String,
}

#[derive(Debug, Default)]
pub(super) struct Shell {
    variables: BTreeMap<String, String>,
    http: reqwest::Client,
}

/// The lines of the shell blocks of a text: continued lines are joined, here-documents are left out.
pub(super) fn lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for block in text.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap().replace("\\\n", " ");
        let mut document = false;
        for line in block.lines() {
            if document {
                document = line != "EOF";
            } else if line.contains("<<'EOF'") {
                document = true;
            } else {
                lines.push(line.to_owned());
            }
        }
    }
    lines
}

impl Shell {
    /// Runs a line; returns nothing for a line that makes no call.
    pub(super) async fn run(&mut self, line: &str) -> Option<Ran> {
        let (name, command) = match line.split_once('=') {
            Some((name, rest)) if name.chars().all(|c| c.is_ascii_uppercase()) => (name, rest),
            _ => ("", line),
        };
        let command = command
            .strip_prefix("$(")
            .and_then(|inner| inner.strip_suffix(')'))
            .unwrap_or(command);
        let (curl, sed) = match command.split_once(" | sed ") {
            Some((curl, sed)) => (curl, Some(sed)),
            None => (command, None),
        };
        let ran = match curl.strip_prefix("curl -s ") {
            Some(arguments) => Some(self.curl(&self.words(arguments)).await),
            None => None,
        };
        if !name.is_empty() {
            let value = match (&ran, sed) {
                (Some(ran), Some(sed)) => part(&ran.answer, sed),
                _ => command.to_owned(),
            };
            self.variables.insert(name.to_owned(), value);
        }
        ran
    }

    /// The words of a command, without quotes and with variables replaced.
    fn words(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut letters = text.chars().peekable();
        while let Some(first) = letters.peek() {
            if first.is_whitespace() {
                letters.next();
                continue;
            }
            let mut word = String::new();
            let mut quote = None;
            while let Some(letter) = letters.next_if(|c| quote.is_some() || !c.is_whitespace()) {
                match letter {
                    '\'' | '"' if quote == Some(letter) => quote = None,
                    '\'' | '"' if quote.is_none() => quote = Some(letter),
                    '$' if quote != Some('\'') => {
                        let mut name = String::new();
                        while let Some(c) = letters.next_if(char::is_ascii_uppercase) {
                            name.push(c);
                        }
                        word.push_str(&self.variables[&name]);
                    }
                    _ => word.push(letter),
                }
            }
            words.push(word);
        }
        words
    }

    async fn curl(&self, words: &[String]) -> Ran {
        let (mut method, mut url, mut body, mut headers) = (None, "", None, Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "-X" => method = words.next().cloned(),
                "-d" => body = words.next().cloned(),
                "-H" => headers.push(words.next().unwrap().split_once(": ").unwrap()),
                option if option.starts_with('-') => panic!("curl {option} is not supported here"),
                address => url = address,
            }
        }
        let default = if body.is_some() { "POST" } else { "GET" };
        let method = method.unwrap_or_else(|| default.to_owned());
        let mut request = self
            .http
            .request(Method::from_bytes(method.as_bytes()).unwrap(), url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await.unwrap();
        Ran {
            call: format!("{method} {url}"),
            status: answer.status().as_u16(),
            answer: answer.text().await.unwrap(),
        }
    }
}

/// The result of `sed 's/.*BEFORE\(CLASS*\).*/\1/'`: the part after the last BEFORE.
fn part(text: &str, sed: &str) -> String {
    let pattern = sed.strip_prefix("'s/.*").unwrap();
    let (before, rest) = pattern.split_once("\\(").unwrap();
    let is_number = rest.starts_with("[0-9]");
    let before = before.replace('\\', "");
    let at = text
        .rfind(&before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    let behind = &text[at + before.len()..];
    let end = behind.find(|c: char| {
        if is_number {
            !c.is_ascii_digit()
        } else {
            c == '"'
        }
    });
    behind[..end.unwrap_or(behind.len())].to_owned()
}
