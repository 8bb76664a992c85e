"""The grid of bench `grid` in Python: `grid.py PEER BARS FAST SLOW RUNS`, PEER being `numba` or `vectorbt`.

BARS holds little-endian doubles, all opens and then all closes; FAST and SLOW are windows, comma-separated; every pair of
them is a run: long while the fast average is above the slow one, all of the equity, 10 basis points a fill, filled at the
next open. Prints `VERSION text`, then a line `RATE pairs-a-second mean-of-total-returns` for each run after a warm-up.
"""
import sys
import time

import numpy as np


def averages(close, windows):
    sums = np.concatenate(([0.0], np.cumsum(close)))
    out = np.full((len(windows), close.size), np.nan)
    for at, window in enumerate(windows):
        out[at, window - 1 :] = (sums[window:] - sums[:-window]) / window
    return out


def numba_peer():
    import numba

    @numba.njit(fastmath=False)
    def one(fast, slow, opens, close, fee, periods):
        rows = close.size
        cash, held, wanted, position = 1e5, 0, 0, 0.0
        before, peak, deepest = 1e5, 1e5, 1.0
        total, squares, falls = 0.0, 0.0, 0.0
        rows_held, trades, wins, gains, losses, entry = 0, 0, 0, 0.0, 0.0, 0.0
        for row in range(rows):
            if wanted != held:
                held = wanted
                price = opens[row]
                if position != 0.0:
                    cash += position * price * (1.0 - fee)
                    position = 0.0
                    profit = cash - entry
                    trades += 1
                    if profit > 0:
                        wins += 1
                        gains += profit
                    else:
                        losses -= profit
                if held != 0:
                    entry = cash
                    position = cash / (price * (1.0 + fee))
                    cash -= position * price * (1.0 + fee)
            value = cash + position * close[row]
            if value != before:
                change = value / before - 1.0
                before = value
                total += change
                square = change * change
                squares += square
                if change < 0.0:
                    falls += square
                    if value < peak * deepest:
                        deepest = value / peak
                elif value > peak:
                    peak = value
            if position != 0.0:
                rows_held += 1
            wanted = 1 if fast[row] > slow[row] else 0
        if position != 0.0:
            profit = cash + position * close[rows - 1] - entry
            trades += 1
            if profit > 0:
                wins += 1
                gains += profit
            else:
                losses -= profit
        steps = rows - 1
        mean = total / steps
        spread = max(squares - total * mean, 0.0)
        deviation = np.sqrt(spread / (steps - 1))
        growth = before / 1e5
        annual = growth ** (periods / steps) - 1.0
        yearly = np.sqrt(periods)
        sharpe = mean / deviation * yearly if deviation > 0 else np.nan
        sortino = mean / np.sqrt(falls / steps) * yearly if falls > 0 else np.nan
        calmar = annual / (1.0 - deepest) if deepest < 1.0 else np.nan
        win_rate = wins / trades if trades > 0 else np.nan
        factor = gains / losses if losses > 0 else np.nan
        return (growth - 1.0, annual, deviation * yearly, sharpe, sortino, calmar, 1.0 - deepest, rows_held / rows,
                float(trades), win_rate, factor)

    @numba.njit
    def grid(fast, slow, opens, close, fee, periods):
        out = np.empty((fast.shape[0] * slow.shape[0], 11))
        for a in range(fast.shape[0]):
            for b in range(slow.shape[0]):
                figures = one(fast[a], slow[b], opens, close, fee, periods)
                at = a * slow.shape[0] + b
                for k in range(11):
                    out[at, k] = figures[k]
        return out

    def run(opens, close, fast, slow):
        return grid(averages(close, fast), averages(close, slow), opens, close, 0.001, 252.0)[:, 0].mean()

    return f"numba {numba.__version__}, numpy {np.__version__}", run


def vectorbt_peer():
    import pandas as pd
    import vectorbt as vbt

    def run(opens, close, fast, slow):
        index = pd.date_range("1998-01-02", periods=close.size, freq="D")
        closes, fills = pd.Series(close, index=index), pd.Series(opens, index=index)
        a = np.repeat(np.array(fast), len(slow))
        b = np.tile(np.array(slow), len(fast))
        total, size = 0.0, 1_000
        for at in range(0, a.size, size):
            quick = vbt.MA.run(closes, a[at : at + size], short_name="fast", per_column=False)
            slowly = vbt.MA.run(closes, b[at : at + size], short_name="slow", per_column=False)
            above = quick.ma.to_numpy() > slowly.ma.to_numpy()
            held = np.zeros_like(above)
            held[1:] = above[:-1]
            before = np.zeros_like(held)
            before[1:] = held[:-1]
            portfolio = vbt.Portfolio.from_signals(
                closes, held & ~before, before & ~held, price=fills, fees=0.001, init_cash=1e5, freq="1D"
            )
            total += portfolio.total_return().sum()
            for figure in (portfolio.sharpe_ratio, portfolio.sortino_ratio, portfolio.max_drawdown):
                figure()
        return total / a.size

    return f"vectorbt {vbt.__version__}", run


def main():
    peer, path, fast, slow, runs = sys.argv[1:6]
    bars = np.fromfile(path, dtype="<f8")
    opens, close = bars[: bars.size // 2].copy(), bars[bars.size // 2 :].copy()
    fast, slow = [int(each) for each in fast.split(",")], [int(each) for each in slow.split(",")]
    version, run = {"numba": numba_peer, "vectorbt": vectorbt_peer}[peer]()
    print("VERSION", version, flush=True)
    run(opens, close, fast[:2], slow[:2])
    for _ in range(int(runs)):
        start = time.perf_counter()
        mean = run(opens, close, fast, slow)
        print("RATE", len(fast) * len(slow) / (time.perf_counter() - start), repr(float(mean)), flush=True)


main()
