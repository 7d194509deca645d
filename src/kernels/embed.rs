//! Rows of a table for ids, and learned positions, with their backwards.

use super::add_assign;

/// out (n, d): the table's row of each id. Ids must be below the table's number of rows.
pub fn embed(ids: &[u32], table: &[f32], d: usize, out: &mut [f32]) {
    for (id, out) in ids.iter().zip(out.chunks_exact_mut(d)) {
        out.copy_from_slice(&table[*id as usize * d..][..d]);
    }
}

/// Adds each row's gradient to its id's row.
pub fn embed_backward(ids: &[u32], dy: &[f32], d: usize, d_table: &mut [f32]) {
    for (id, dy) in ids.iter().zip(dy.chunks_exact(d)) {
        add_assign(&mut d_table[*id as usize * d..][..d], dy);
    }
}

/// x += the table's rows from `first` on.
pub fn add_positions(x: &mut [f32], table: &[f32], d: usize, first: usize) {
    let n = x.len();
    add_assign(x, &table[first * d..][..n]);
}

pub fn add_positions_backward(dx: &[f32], d: usize, first: usize, d_table: &mut [f32]) {
    add_assign(&mut d_table[first * d..][..dx.len()], dx);
}

/// Adds one row to every row of x.
pub fn add_row(x: &mut [f32], row: &[f32]) {
    for x in x.chunks_exact_mut(row.len()) {
        add_assign(x, row);
    }
}

pub fn add_row_backward(dx: &[f32], d_row: &mut [f32]) {
    for dx in dx.chunks_exact(d_row.len()) {
        add_assign(d_row, dx);
    }
}
