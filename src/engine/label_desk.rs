//! The librarian's answers about labelled rows: what is said to be saved, is on the disk. Knows no model.

use super::command::{DatasetId, LabelCommand};
use super::event::{AnnotationWay, Event};
use super::labelling::{Annotation, LabelState};
use super::outbox::Outbox;
use crate::store::{Project, StoreError};

/// Does what was asked; what the project holds stays as it is told.
pub(super) fn carry_out(project: &mut Project, outbox: &mut Outbox, ask: LabelCommand) -> Result<(), StoreError> {
    match ask {
        LabelCommand::LoadExamples { dataset, query, offset, limit } => {
            let page = project.example_page(dataset, &query, offset, limit)?;
            outbox.send(Event::Examples { dataset, query, offset, page });
        }
        LabelCommand::LoadLabelState { dataset } => tell_labels(project, outbox, dataset)?,
        LabelCommand::LoadAgreement { dataset } => {
            let rows = project.annotated_twice(dataset)?;
            outbox.send(Event::Agreement { dataset, rows });
        }
        LabelCommand::Annotate(annotation) => {
            let done = Some(project.annotate(&annotation)?);
            let Annotation { dataset, annotator, .. } = annotation;
            outbox.send(Event::Annotated { dataset, annotator, way: AnnotationWay::Made, done });
        }
        LabelCommand::UndoAnnotation { dataset, annotator } => {
            let done = project.undo(dataset, &annotator)?;
            outbox.send(Event::Annotated { dataset, annotator, way: AnnotationWay::Undone, done });
        }
        LabelCommand::RedoAnnotation { dataset, annotator } => {
            let done = project.redo(dataset, &annotator)?;
            outbox.send(Event::Annotated { dataset, annotator, way: AnnotationWay::Redone, done });
        }
        LabelCommand::AnnotateAll { dataset, annotations } => {
            project.annotate_all(&annotations)?;
            tell_labels(project, outbox, dataset)?;
        }
        LabelCommand::MakeAgree { dataset, rows, agree, annotator } => {
            project.make_agree(dataset, &rows, &agree, &annotator)?;
            tell_labels(project, outbox, dataset)?;
        }
        LabelCommand::SaveLabelSet { dataset, labels } => {
            project.set_label_set(dataset, &labels)?;
            tell_labels(project, outbox, dataset)?;
        }
        LabelCommand::SplitDataset { dataset, validation, test, seed } => {
            project.split_examples(dataset, validation, test, seed)?;
            tell_labels(project, outbox, dataset)?;
        }
    }
    Ok(())
}

fn tell_labels(project: &Project, outbox: &mut Outbox, dataset: DatasetId) -> Result<(), StoreError> {
    let labels = project.label_set(dataset)?;
    let progress = project.label_progress(dataset)?;
    outbox.send(Event::LabelState { dataset, state: LabelState { labels, progress } });
    Ok(())
}
