//! The table.

use std::fmt::Write as _;

use crate::load::Outcome;
use crate::steady::Answers;

#[derive(Default)]
pub(crate) struct Report {
    text: String,
}

impl Report {
    pub(crate) fn heading(&mut self, text: &str) {
        self.line(&format!("\n## {text}\n"));
    }

    /// Adds a line and shows it at once: figures take their time.
    pub(crate) fn line(&mut self, text: &str) {
        eprintln!("{text}");
        self.text.push_str(text);
        self.text.push('\n');
    }

    pub(crate) fn loads(&mut self) {
        self.line("| what | clients | requests/s | first event p50 ms | p99 ms | whole p50 ms | p99 ms | errors |");
        self.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    }

    pub(crate) fn overheads(&mut self) {
        self.line("| clients | chats/s | the stub's own first word, p50 ms | overhead p50 ms | p99 ms | errors |");
        self.line("| ---: | ---: | ---: | ---: | ---: | ---: |");
    }

    pub(crate) fn requests(&mut self) {
        self.line("| what | requests/s at most | p50 ms | p99 ms | offered/s | p50 ms | p99 ms | errors |");
        self.line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    }

    /// `full` is as much as the server answers, `half` a steady load of `rate` requests a second.
    pub(crate) fn request(&mut self, name: &str, full: &Outcome, rate: f64, half: &Answers) {
        let Answers { answered, refused } = half;
        self.line(&format!(
            "| {name} | {:.0} | {:.2} | {:.2} | {rate:.0} | {:.2} | {:.2} | {} |",
            full.per_second(),
            full.total_ms(0.5),
            full.total_ms(0.99),
            answered.total_ms(0.5),
            answered.total_ms(0.99),
            full.errors + answered.errors + refused.requests
        ));
        if let Some(example) = full.example_of_error.as_ref().or(answered.example_of_error.as_ref()) {
            self.line(&format!("\nAn error of them: {example}\n"));
        }
    }

    /// `own` is the stub asked directly, `whole` the same through the server.
    pub(crate) fn overhead(&mut self, own: &Outcome, whole: &Outcome) {
        let stub = own.first_ms(0.5);
        let over = |quantile: f64| (whole.first_ms(quantile) - stub).max(0.0);
        self.line(&format!(
            "| {} | {:.0} | {stub:.2} | {:.2} | {:.2} | {} |",
            whole.clients,
            whole.per_second(),
            over(0.5),
            over(0.99),
            whole.errors + own.errors
        ));
        if let Some(example) = whole.example_of_error.as_ref().or(own.example_of_error.as_ref()) {
            self.line(&format!("\nAn error of them: {example}\n"));
        }
    }

    pub(crate) fn load(&mut self, name: &str, outcome: &Outcome) {
        let mut row = String::new();
        let rate = outcome.per_second();
        let (first50, first99) = (outcome.first_ms(0.5), outcome.first_ms(0.99));
        let (total50, total99) = (outcome.total_ms(0.5), outcome.total_ms(0.99));
        // Writing into a string cannot fail.
        let _ = write!(
            row,
            "| {name} | {} | {rate:.0} | {first50:.2} | {first99:.2} | {total50:.2} | {total99:.2} | {} |",
            outcome.clients, outcome.errors
        );
        self.line(&row);
        if let Some(example) = &outcome.example_of_error {
            self.line(&format!("\nAn error of them: {example}\n"));
        }
    }
}
