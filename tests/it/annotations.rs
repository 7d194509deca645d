//! Rows of supervised datasets in a project: every change is an event, undo and redo are changes, annotators are kept apart.

use lyceum::data::supervised::{Change, Content, Label, LabelSet, LabelTask, Own, RowStatus, Split, Verdict, export};
use lyceum::engine::command::{Mapping, Schema};
use lyceum::engine::event::DatasetInfo;
use lyceum::engine::labelling::{Annotation, ExampleFilter, ExampleOrder, ExampleQuery};
use lyceum::store::{Draft, NewExample, Project};

const ANN: &str = "Ann";
const BO: &str = "Bo";

struct Place {
    _dir: tempfile::TempDir,
    project: Project,
    dataset: i64,
}

/// A project with texts that wait for a class.
fn texts(n: usize) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let mut project = Project::create(&dir.path().join("x.lyceum")).unwrap();
    let task = LabelTask::Class;
    let draft = Draft::within(project.paths().root()).unwrap();
    let info = DatasetInfo { columns: vec!["text".into(), "label".into()], ..DatasetInfo::new("x", "x.jsonl", Schema::Classes) };
    let mapping = Mapping::new(Schema::Classes, task.columns());
    let labels = LabelSet::of([Label::Text("a".into()), Label::Text("b".into())], false);
    let dataset = project.begin_examples(draft.seal().unwrap(), &info, &mapping, &labels).unwrap();
    let row = |i: usize| NewExample {
        example: task.example(i as u64 + 1, format!("Text {i} Ä")),
        split: Split::Train,
        has_label: false,
    };
    project.add_examples(dataset, 0, &(0..n).map(row).collect::<Vec<_>>()).unwrap();
    assert!(project.datasets().unwrap().is_empty(), "not listed before it is whole");
    project.finish_examples(dataset).unwrap();
    Place { _dir: dir, project, dataset }
}

impl Place {
    fn rows(&self, filter: ExampleFilter, annotator: Option<&str>) -> Vec<lyceum::engine::labelling::ExampleRow> {
        let query = ExampleQuery { filter, annotator: annotator.map(Into::into), ..ExampleQuery::default() };
        self.project.example_page(self.dataset, &query, 0, 1000).unwrap().rows
    }

    fn say(&mut self, row: i64, annotator: &str, label: &str) {
        let content = self.rows(ExampleFilter::All, None).into_iter().find(|it| it.row == row).unwrap().example.content;
        let Content::Classes(mut it) = content else { panic!("classes") };
        it.labels = vec![Label::Text(label.into())];
        self.change(row, annotator, Change::Own(Some(Own { content: Content::Classes(it), verdict: Verdict::Labelled })));
    }

    fn change(&mut self, row: i64, annotator: &str, change: Change) {
        let annotation = Annotation { dataset: self.dataset, row, annotator: annotator.into(), change, seconds: 1.5 };
        self.project.annotate(&annotation).unwrap();
    }

    /// What each row says to whoever trains.
    fn now(&self) -> Vec<String> {
        let all = self.project.all_examples(self.dataset, None).unwrap();
        all.iter().map(|row| row.example.content.halves().1).collect()
    }
}

#[test]
fn only_labelled_rows_are_trained_on() {
    let mut place = texts(3);
    assert!(place.project.examples(place.dataset, None).unwrap().is_empty());
    let row = place.rows(ExampleFilter::ToLabel, Some(ANN))[1].row;
    place.say(row, ANN, "b");
    let trained = place.project.examples(place.dataset, Some(Split::Train)).unwrap();
    assert_eq!((trained.len(), trained[0].row, trained[0].status), (1, row, RowStatus::Labelled));
    assert_eq!(place.rows(ExampleFilter::ToLabel, Some(ANN)).len(), 2);
    let mut out = Vec::new();
    export::json_lines(trained.iter().map(|row| &row.example), &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "{\"text\":\"Text 1 Ä\",\"label\":\"b\"}\n");
}

#[test]
fn undo_and_redo_walk_through_all_that_was_done() {
    let mut place = texts(3);
    let rows: Vec<i64> = place.rows(ExampleFilter::All, None).iter().map(|row| row.row).collect();
    let mut states = vec![place.now()];
    for (row, label) in [(0, "a"), (1, "a"), (1, "b"), (2, "a"), (0, "b")] {
        place.say(rows[row], ANN, label);
        states.push(place.now());
    }
    for state in states.iter().rev().skip(1) {
        assert!(place.project.undo(place.dataset, ANN).unwrap().is_some());
        assert_eq!(&place.now(), state);
    }
    assert!(place.project.undo(place.dataset, ANN).unwrap().is_none(), "nothing is left");
    for state in states.iter().skip(1) {
        assert!(place.project.redo(place.dataset, ANN).unwrap().is_some());
        assert_eq!(&place.now(), state);
    }
    assert!(place.project.redo(place.dataset, ANN).unwrap().is_none());
    // Back two, forward one, then something new: what was taken back is gone for good.
    place.project.undo(place.dataset, ANN).unwrap();
    place.project.undo(place.dataset, ANN).unwrap();
    place.project.redo(place.dataset, ANN).unwrap();
    assert_eq!(place.now(), states[4]);
    place.say(rows[2], ANN, "b");
    assert!(place.project.redo(place.dataset, ANN).unwrap().is_none());
    place.project.undo(place.dataset, ANN).unwrap();
    assert_eq!(place.now(), states[4]);
    place.project.undo(place.dataset, ANN).unwrap();
    assert_eq!(place.now(), states[3], "and further back past what was done again");
}

#[test]
fn flags_splits_and_removals_are_taken_back_too() {
    let mut place = texts(2);
    let row = place.rows(ExampleFilter::All, None)[0].row;
    place.change(row, ANN, Change::Flag { flagged: true, note: "odd".into() });
    place.change(row, ANN, Change::Split(Split::Test));
    place.change(row, ANN, Change::Removed(true));
    assert_eq!(place.rows(ExampleFilter::All, None).len(), 1);
    assert_eq!(place.project.label_progress(place.dataset).unwrap().removed, 1);
    for _ in 0..3 {
        place.project.undo(place.dataset, ANN).unwrap();
    }
    let row = &place.rows(ExampleFilter::All, None)[0];
    assert_eq!((row.flagged, row.note.as_str(), row.split), (false, "", Split::Train));
}

#[test]
fn a_second_annotator_sees_nothing_of_the_first() {
    let mut place = texts(2);
    let rows: Vec<i64> = place.rows(ExampleFilter::All, None).iter().map(|row| row.row).collect();
    place.say(rows[0], ANN, "a");
    place.say(rows[1], ANN, "b");
    let seen = place.rows(ExampleFilter::SecondPass, Some(BO));
    assert!(seen.iter().all(|row| row.example.content.halves().1.is_empty()), "{seen:?}");
    assert!(place.rows(ExampleFilter::SecondPass, Some(ANN)).is_empty(), "one's own is no second pass");
    place.say(rows[0], BO, "b");
    place.say(rows[1], BO, "b");
    assert_eq!(place.now(), ["a", "b"], "the first word counts until it is settled");
    let twice = place.project.annotated_twice(place.dataset).unwrap();
    assert_eq!(twice.len(), 2);
    let disputed = place.rows(ExampleFilter::Disputed, None);
    assert_eq!(disputed.iter().map(|row| row.row).collect::<Vec<_>>(), [rows[0]]);
    let Some((_, word)) = twice[0].words.get(1).cloned() else { panic!("two words") };
    place.change(rows[0], ANN, Change::Adjudicate(Some(word)));
    assert_eq!(place.now(), ["b", "b"]);
    assert!(place.rows(ExampleFilter::Disputed, None).is_empty());
    // The first takes their word back: what was settled stands.
    place.project.undo(place.dataset, ANN).unwrap();
    assert_eq!(place.now(), ["a", "b"], "the settlement was the last thing done");
    place.project.undo(place.dataset, ANN).unwrap();
    place.project.undo(place.dataset, ANN).unwrap();
    assert_eq!(place.now(), ["b", "b"], "now the second annotator's word is the first");
}

#[test]
fn a_models_guess_is_marked_and_not_trained_on() {
    let mut place = texts(3);
    let rows = place.rows(ExampleFilter::All, None);
    let Content::Classes(mut guess) = rows[0].example.content.clone() else { panic!("classes") };
    guess.labels = vec![Label::Text("a".into())];
    place.change(rows[0].row, "model", Change::Prelabel(Some(Content::Classes(guess))));
    assert_eq!(place.rows(ExampleFilter::Prelabelled, Some(ANN)).len(), 1);
    assert_eq!(place.now()[0], "a");
    assert!(place.project.examples(place.dataset, None).unwrap().is_empty());
    assert_eq!(place.rows(ExampleFilter::ToLabel, Some(ANN)).len(), 3, "it still waits for a person");
}

#[test]
fn a_search_does_not_mind_case_and_orders_hold() {
    let mut place = texts(12);
    let query = |search: &str, order| ExampleQuery { search: search.into(), order, ..ExampleQuery::default() };
    let page = |place: &Place, query: &ExampleQuery, offset| place.project.example_page(place.dataset, query, offset, 5).unwrap();
    assert_eq!(page(&place, &query("text 1 ä", ExampleOrder::File), 0).total, 1);
    let second = page(&place, &query("", ExampleOrder::File), 5);
    assert_eq!((second.total, second.rows[0].ordinal), (12, 5));
    let row = second.rows[3].row;
    place.say(row, ANN, "a");
    assert_eq!(page(&place, &query("", ExampleOrder::Latest), 0).rows[0].row, row);
}

#[test]
fn an_import_that_broke_off_leaves_nothing() {
    let place = texts(1);
    let (path, dataset) = (place.project.paths().root().to_path_buf(), place.dataset);
    let db = rusqlite::Connection::open(path.join("project.db")).unwrap();
    db.execute("UPDATE datasets SET filling = 1", []).unwrap();
    drop(db);
    let Place { _dir, project, .. } = place;
    drop(project);
    let (project, _) = Project::open(&path).unwrap();
    assert!(!project.is_supervised(dataset).unwrap());
    assert!(project.datasets().unwrap().is_empty());
}
