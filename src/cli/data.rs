//! `lyceum import` and `export-data`: files into the project, labelled rows out of it. Knows no model.

use std::path::Path;

use anyhow::{Result, bail};
use serde_json::json;

use super::arguments::{ExportDataArguments, ImportArguments, SchemaName};
use super::data_arguments::{FormName, SplitName};
use super::output::{size, thousands};
use super::session::Session;
use crate::data::supervised::Split;
use crate::engine::command::{DatasetId, ImportCommand, LabelCommand, Mapping, Schema};
use crate::engine::event::FileReport;
use crate::engine::{Command, Event};
use crate::state::format::plural;

/// `votes`: only what people think of answers, or what they are to be asked.
pub fn import(session: &mut Session, arguments: &ImportArguments, votes: bool) -> Result<()> {
    if arguments.name.is_some() && arguments.files.len() > 1 {
        bail!("A name is for one file; import the files one by one to name each");
    }
    for file in &arguments.files {
        let report = inspect(session, file)?;
        show_report(session, &report)?;
        let mapping = mapping(&report, arguments)?;
        if votes && !mapping.schema.is_feedback() {
            bail!(
                "The file has no preferences, rankings, judgements or prompts that could be told by their columns ({}); say what its rows \
                 are with --as and --map, or read it with `lyceum import`: {}",
                report.columns.join(", "),
                file.display()
            );
        }
        tell_class(session, &report, &mapping)?;
        if arguments.inspect {
            continue;
        }
        let name = arguments.name.clone().unwrap_or_else(|| file_name(file));
        let schema = mapping.schema;
        let dataset = import_file(session, file, mapping, name)?;
        if schema.is_feedback() {
            super::rank::told(session, dataset, arguments)?;
        } else if schema != Schema::Text {
            labels(session, dataset, arguments)?;
        }
        session.out.event(&json!({ "event": "done", "dataset": dataset }))?;
    }
    if arguments.inspect {
        session.out.event(&json!({ "event": "done" }))?;
    }
    Ok(())
}

/// Which column the class of a text is read from, or that none looks like one.
fn tell_class(session: &Session, report: &FileReport, mapping: &Mapping) -> Result<()> {
    if mapping.schema != Schema::Classes || report.columns.len() < 2 {
        return Ok(());
    }
    let column = |part: &str| mapping.columns.iter().find(|(known, _)| known == part).map(|(_, column)| column.as_str());
    match (column("text"), column("label")) {
        (Some(text), Some(label)) => session.out.line(&format!("Text from column {text}, class from column {label}"))?,
        (_, Some(_)) => {}
        (_, None) => session.out.warning(&format!(
            "No column looks like a class, so the rows come in without labels; --map label=COLUMN names it, of {}",
            report.columns.join(", ")
        ))?,
    }
    Ok(())
}

/// Splits anew if that was asked for, and tells what the rows are like.
fn labels(session: &mut Session, dataset: DatasetId, arguments: &ImportArguments) -> Result<()> {
    if arguments.val.is_some() || arguments.test.is_some() {
        let (validation, test) = (arguments.val.unwrap_or(0.0), arguments.test.unwrap_or(0.0));
        if !(0.0..=0.5).contains(&validation) || !(0.0..=0.5).contains(&test) {
            bail!("Shares kept aside go from 0 to 0.5; at least half of the rows are to train on");
        }
        session.send(Command::Label(LabelCommand::SplitDataset { dataset, validation, test, seed: arguments.seed }));
    } else {
        session.send(Command::Label(LabelCommand::LoadLabelState { dataset }));
    }
    let state =
        session.until(None, |_, event| Ok(if let Event::LabelState { state, .. } = event { Some(state) } else { None }))?;
    let part = |split| state.progress.by_split.get(&split).copied().unwrap_or(0);
    let [train, validation, test] = Split::ALL.map(part);
    session.out.line(&format!(
        "Rows to train on {}, to validate {}, to test {}",
        thousands(train),
        thousands(validation),
        thousands(test)
    ))?;
    let labels: Vec<String> = state.labels.options.iter().map(|option| option.label.to_string()).collect();
    if !labels.is_empty() {
        session.out.line(&format!("Labels: {}", labels.join(", ")))?;
    }
    session.out.event(&json!({
        "event": "labels", "dataset": dataset, "train": train, "validation": validation, "test": test, "labels": labels,
    }))?;
    Ok(())
}

/// Writes the labelled rows of a dataset to a file.
pub fn export(session: &mut Session, arguments: &ExportDataArguments) -> Result<()> {
    let (dataset, name) = session.dataset(arguments.dataset.as_deref()).map(|d| (d.id, d.name.clone()))?;
    if arguments.out.exists() && !arguments.force {
        bail!("A file stands there already; choose another name, or give --force to replace it: {}", arguments.out.display());
    }
    let job = session.job();
    session.send(Command::Import(ImportCommand::ExportDataset {
        job,
        dataset,
        form: arguments.form.map(FormName::form),
        split: arguments.split.map(SplitName::split),
        all: arguments.all,
        path: arguments.out.clone(),
    }));
    let rows = session.until(Some(job), |_, event| {
        Ok(if let Event::DatasetExported { job: done, rows, .. } = event { (done == job).then_some(rows) } else { None })
    })?;
    session.out.line(&format!("Wrote {} of {name} to {}", plural(rows, "row", "rows"), arguments.out.display()))?;
    session.out.event(&json!({ "event": "exported", "dataset": dataset, "path": arguments.out, "rows": rows }))?;
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}

/// Imports with a known mapping and tells what came in.
pub fn import_file(session: &mut Session, file: &Path, mapping: Mapping, name: String) -> Result<DatasetId> {
    let job = session.job();
    session.send(Command::Import(ImportCommand::ImportFile { job, path: file.to_owned(), mapping, name }));
    let (dataset, rows, warnings) = session.until(Some(job), |_, event| {
        if let Event::Imported { job: done, dataset, rows, warnings } = event
            && done == job
        {
            return Ok(Some((dataset, rows, warnings)));
        }
        Ok(None)
    })?;
    session.refresh()?;
    for warning in &warnings {
        session.out.warning(warning)?;
    }
    let (name, bytes) = session.dataset(Some(&dataset.to_string())).map(|d| (d.name.clone(), d.bytes))?;
    session.out.line(&format!("Imported {}, {}, as dataset {dataset} ({name})", plural(rows, "row", "rows"), size(bytes)))?;
    session.out.event(&json!({ "event": "imported", "dataset": dataset, "name": name, "rows": rows, "bytes": bytes }))?;
    Ok(dataset)
}

/// What a file is.
pub fn inspect(session: &mut Session, file: &Path) -> Result<FileReport> {
    let job = session.job();
    session.send(Command::Import(ImportCommand::InspectFile { job, path: file.to_owned() }));
    session.until(Some(job), |_, event| {
        Ok(if let Event::Inspected { job: done, report } = event { (done == job).then_some(report) } else { None })
    })
}

fn show_report(session: &Session, report: &FileReport) -> Result<()> {
    let about = if report.rows_exact { "" } else { "about " };
    session.out.line(&format!(
        "{}: {}, {}, {}, {about}{}",
        report.path.display(),
        report.format,
        report.encoding,
        size(report.bytes),
        plural(report.rows, "row", "rows")
    ))?;
    if !report.columns.is_empty() {
        session.out.line(&format!("Columns: {}", report.columns.join(", ")))?;
    }
    for warning in &report.warnings {
        session.out.warning(warning)?;
    }
    session.out.event(&json!({
        "event": "inspected", "path": report.path, "format": report.format, "encoding": report.encoding, "bytes": report.bytes,
        "rows": report.rows, "rows_exact": report.rows_exact, "columns": report.columns, "mapping": report.mapping,
        "warnings": report.warnings,
    }))?;
    Ok(())
}

/// The mapping that was found, changed by what was typed.
fn mapping(report: &FileReport, arguments: &ImportArguments) -> Result<Mapping> {
    let mut mapping = report.mapping.clone();
    if let Some(schema) = arguments.schema.map(SchemaName::schema).filter(|schema| *schema != mapping.schema) {
        mapping.schema = schema;
        mapping.columns = crate::state::schema::guess_columns(schema, &report.columns, &report.preview);
        // A guess by position is none: what was not named, and has no column of its name, is missing.
        let guessed = matches!(schema, Schema::Text | Schema::Classes);
        mapping.columns.retain(|(part, column)| guessed || column.eq_ignore_ascii_case(part));
        if schema.is_feedback() {
            mapping.columns = crate::data::import::feedback_columns(schema, &report.columns);
        }
    }
    for pair in &arguments.map {
        let Some((part, column)) = pair.split_once('=') else {
            bail!("'{pair}' does not say which column holds which part; write --map label=COLUMN");
        };
        if !report.columns.iter().any(|known| known == column) {
            bail!("The file has no column '{column}'; there is {}: {}", report.columns.join(", "), report.path.display());
        }
        mapping.columns.retain(|(known, _)| known != part);
        mapping.columns.push((part.to_owned(), column.to_owned()));
    }
    // A guess gives way to what was typed.
    let typed = |part: &str| arguments.map.iter().any(|pair| pair.split_once('=').is_some_and(|(known, _)| known == part));
    if mapping.schema == Schema::Classes && typed("text") && !typed("label") {
        let text = mapping.columns.iter().find(|(part, _)| part == "text").map(|(_, column)| column.clone());
        mapping.columns.retain(|(part, column)| part != "label" || Some(column) != text.as_ref());
    }
    if !arguments.tag_names.is_empty() {
        mapping.tag_names.clone_from(&arguments.tag_names);
    }
    if let Some(rule) = arguments.documents {
        mapping.documents = rule.rule();
    }
    if let Some(column) = &arguments.text_column {
        if !report.columns.contains(column) {
            let there = if report.columns.is_empty() {
                "it has none".to_owned()
            } else {
                format!("there is {}", report.columns.join(", "))
            };
            bail!("The file has no column '{column}'; {there}: {}", report.path.display());
        }
        mapping.schema = Schema::Text;
        mapping.columns = vec![("text".to_owned(), column.clone())];
    }
    Ok(mapping)
}

fn file_name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "data".to_owned(), |n| n.to_string_lossy().into_owned())
}
