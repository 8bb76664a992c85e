/** How the kernels tell a number from the rounding of the arithmetic that made it. */

/** Two values nearer than this, of the sum of their sizes, are one but for rounding. Source: TA-Lib's scaled zero test. */
export const rounding = 1e-14

/**
 * How far a moving total may fall below the largest it was before it is added up anew: rounding stays under 1e-12 of it, at
 * the cost of one comparison a bar. One huge value leaves nothing behind once it is out of the window.
 */
export const fallMax = 1e-4
