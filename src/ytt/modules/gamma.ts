/**
 * The gamma function as the Cephes library computes it (S. L. Moshier), with its coefficients: a quotient of polynomials between 2 and 3,
 * to which smaller and greater arguments lead by Γ(x + 1) = x·Γ(x); beyond 33 Stirling's formula.
 */
export function gamma(x: number): number {
  if (x === 0) return 1 / x;
  if (Number.isNaN(x) || (x < 0 && Math.floor(x) === x)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x > stirlingFrom) {
    const [a, b] = stirling(x);
    return a * b;
  }
  return x < -stirlingFrom ? reflected(-x) : reduced(x);
}

const stirlingFrom = 33;
const eulerGamma = 0.5772156649015329;
const sqrtTwoPi = 2.5066282746310007;
/** Beyond it the power would overflow. */
const stirlingPowerTo = 143.01608;

const numerator = [
  0.00016011952247675185, 0.0011913514700658638, 0.010421379756176158, 0.04763678004571372, 0.20744822764843598,
  0.4942148268014971, 1.0,
];
const denominator = [
  -2.3158187332412014e-5, 0.0005396055804933034, -0.004456419138517973, 0.011813978522206043, 0.035823639860549865,
  -0.23459179571824335, 0.0714304917030273, 1.0,
];
const stirlingSeries = [
  0.0007873113957930937, -0.00022954996161337813, -0.0026813261780578124, 0.0034722222160545866, 0.08333333333334822,
];

/** Two factors of Γ(x), whose product alone could overflow on the way. */
function stirling(x: number): readonly [number, number] {
  if (x > 200) return [Number.POSITIVE_INFINITY, 1];
  const series = 1 + polynomial(stirlingSeries, 1 / x) / x;
  if (x <= stirlingPowerTo) return [x ** (x - 0.5) / Math.exp(x), sqrtTwoPi * series];
  const root = x ** (0.5 * x - 0.25);
  return [root, (sqrtTwoPi * series * root) / Math.exp(x)];
}

/** Γ(-q) by the reflection formula. */
function reflected(q: number): number {
  const floor = Math.floor(q);
  const sign = floor % 2 === 0 ? -1 : 1;
  const fraction = q - floor > 0.5 ? q - floor - 1 : q - floor;
  const sine = Math.abs(q * Math.sin(Math.PI * fraction));
  if (sine === 0) return sign * Number.POSITIVE_INFINITY;
  const [a, b] = stirling(q);
  const product = sine * a * b;
  return sign * (Number.isFinite(product) ? Math.PI / product : Math.PI / sine / a / b);
}

function reduced(from: number): number {
  let x = from;
  let factor = 1;
  while (x >= 3) {
    x -= 1;
    factor *= x;
  }
  while (x < 2) {
    if (Math.abs(x) < 1e-9) return factor / ((1 + eulerGamma * x) * x);
    factor /= x;
    x += 1;
  }
  return x === 2 ? factor : (factor * polynomial(numerator, x - 2)) / polynomial(denominator, x - 2);
}

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}
