//! Matrix products over strided views, checked, on the `gemm` crate. One thread unless told otherwise.
#![expect(unsafe_code, reason = "the product works on raw pointers; bounds are asserted here")]

/// A read-only matrix: element (i, j) stands at `i * row + j * col`.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub col: usize,
}

impl<'a> Mat<'a> {
    /// Rows of `width` contiguous numbers.
    pub fn rows(data: &'a [f32], width: usize) -> Self {
        Self { data, row: width, col: 1 }
    }

    /// The same numbers, mirrored.
    #[must_use]
    pub fn t(self) -> Self {
        Self { data: self.data, row: self.col, col: self.row }
    }

    fn holds(self, rows: usize, cols: usize) -> bool {
        rows == 0 || cols == 0 || (rows - 1) * self.row + (cols - 1) * self.col < self.data.len()
    }
}

/// C (m, n) = beta C + alpha A (m, k) B (k, n). C has rows `ldc` apart; with `beta` 0 its old content is not read.
///
/// `threads` above 1 shares the product over rayon's pool.
#[expect(clippy::too_many_arguments, reason = "the usual arguments of a matrix product")]
pub fn matmul(
    (m, n, k): (usize, usize, usize),
    c: &mut [f32],
    ldc: usize,
    beta: f32,
    alpha: f32,
    a: Mat<'_>,
    b: Mat<'_>,
    threads: usize,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(a.holds(m, k) && b.holds(k, n), "an operand is too short for ({m}, {n}, {k})");
    assert!(n <= ldc || m == 1, "rows of the result overlap");
    assert!((m - 1) * ldc + n <= c.len(), "the result is too short for ({m}, {n})");
    let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
    // SAFETY: the asserts above keep every element that is read or written inside its slice, and `c` is borrowed mutably, so that
    // it overlaps neither operand.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            ldc as isize,
            beta != 0.0,
            a.data.as_ptr(),
            a.col as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.col as isize,
            b.row as isize,
            beta,
            alpha,
            false,
            false,
            false,
            parallelism,
        );
    }
}
