"""Peers of bench `event`: the same quotes and trades and the same cross of two averages in another engine.

Arguments: peer, file of float64 rows (time ns, place, is quote, a, b, c, d), lengths of the averages. Prints one line of
JSON: name with version, events a second of each run after a first one, fills of the last.
"""
import json
import sys
import time

import numpy as np

runs = 2


def rows_of(path):
    return np.fromfile(path, dtype=np.float64).reshape(-1, 7)


class Cross:
    """The rule of EventStrategy.ts for one instrument."""

    def __init__(self, fast, slow):
        self.fast_step, self.slow_step, self.warm = 2 / (fast + 1), 2 / (slow + 1), slow
        self.fast = self.slow = 0.0
        self.seen = 0

    def target(self, middle):
        """1 to be long, 0 to be flat, None while too little was seen."""
        if self.seen == 0:
            self.fast = self.slow = middle
        self.seen += 1
        self.fast += self.fast_step * (middle - self.fast)
        self.slow += self.slow_step * (middle - self.slow)
        if self.seen < self.warm:
            return None
        return 1 if self.fast > self.slow else 0


def nautilus(rows, fast, slow):
    import nautilus_trader
    from decimal import Decimal
    from nautilus_trader.backtest.engine import BacktestEngine
    from nautilus_trader.config import BacktestEngineConfig, LoggingConfig, RiskEngineConfig, StrategyConfig
    from nautilus_trader.model.currencies import BTC, ETH, USDT
    from nautilus_trader.model.data import QuoteTick, TradeTick
    from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, Venue
    from nautilus_trader.model.instruments import CurrencyPair
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.trading.strategy import Strategy

    venue = Venue("BINANCE")

    def pair(base, places):
        symbol = Symbol(f"{base.code}USDT")
        return CurrencyPair(
            instrument_id=InstrumentId(symbol, venue), raw_symbol=symbol, base_currency=base, quote_currency=USDT,
            price_precision=2, size_precision=places, price_increment=Price(0.01, 2),
            size_increment=Quantity(10**-places, places), ts_event=0, ts_init=0,
            maker_fee=Decimal("0.0001"), taker_fee=Decimal("0.0005"), margin_init=Decimal(0), margin_maint=Decimal(0))

    pairs = [pair(BTC, 5), pair(ETH, 4)]

    def events():
        made = []
        for at, place, quote, a, b, c, d in rows.tolist():
            instrument = pairs[int(place)]
            places, stamp = instrument.size_precision, int(at)
            size = lambda lots: Quantity(lots * 10**-places, places)
            if quote:
                made.append(QuoteTick(instrument.id, Price(a / 100, 2), Price(c / 100, 2), size(b), size(d), stamp, stamp))
            else:
                side = AggressorSide.BUYER if c == 1 else AggressorSide.SELLER
                made.append(TradeTick(instrument.id, Price(a / 100, 2), size(b), side, TradeId(str(int(d))), stamp, stamp))
        return made

    class Crosses(Strategy):
        def __init__(self, instrument):
            super().__init__(StrategyConfig(order_id_tag=instrument.base_currency.code))
            self.instrument, self.rule, self.fills = instrument, Cross(fast, slow), 0

        def on_start(self):
            self.subscribe_quote_ticks(self.instrument.id)
            self.subscribe_trade_ticks(self.instrument.id)

        def on_quote_tick(self, tick):
            target = self.rule.target((tick.bid_price.as_double() + tick.ask_price.as_double()) / 2)
            if target is None:
                return
            held = self.portfolio.is_net_long(self.instrument.id)
            if held == (target == 1) or self.cache.orders_open_count(instrument_id=self.instrument.id) > 0:
                return
            places = self.instrument.size_precision
            side = OrderSide.BUY if target else OrderSide.SELL
            self.submit_order(self.order_factory.market(self.instrument.id, side, Quantity(1000 * 10**-places, places)))

        def on_order_filled(self, _event):
            self.fills += 1

    data = events()
    rates, fills = [], 0
    for run in range(-1, runs):
        engine = BacktestEngine(BacktestEngineConfig(
            logging=LoggingConfig(bypass_logging=True), run_analysis=False,
            risk_engine=RiskEngineConfig(max_order_submit_rate="10000/00:00:01")))
        engine.add_venue(venue, OmsType.NETTING, AccountType.CASH, [Money(100_000_000, USDT)])
        for instrument in pairs:
            engine.add_instrument(instrument)
        engine.add_data(data)
        strategies = [Crosses(instrument) for instrument in pairs]
        engine.add_strategies(strategies)
        begin = time.perf_counter()
        engine.run()
        elapsed = time.perf_counter() - begin
        fills = sum(strategy.fills for strategy in strategies)
        engine.dispose()
        if run >= 0:
            rates.append(len(data) / elapsed)
    return f"nautilus_trader {nautilus_trader.__version__}", rates, fills


def backtrader(rows, fast, slow):
    import backtrader as bt

    class Quotes(bt.feed.DataBase):
        """Quotes as ticks: it knows no other events, so trades are left out and not counted."""

        params = (("rows", None),)

        def start(self):
            super().start()
            self.at = 0

        def _load(self):
            if self.at >= len(self.p.rows):
                return False
            when, middle = self.p.rows[self.at]
            self.at += 1
            line = self.lines
            line.datetime[0] = when / 86_400e9 + 719_163
            line.open[0] = line.high[0] = line.low[0] = line.close[0] = middle
            line.volume[0] = line.openinterest[0] = 0
            return True

    class Crosses(bt.Strategy):
        def __init__(self):
            self.rule, self.fills, self.pending = Cross(fast, slow), 0, False

        def notify_order(self, order):
            if not order.alive():
                self.pending = False
                self.fills += order.status == order.Completed

        def next(self):
            target = self.rule.target(self.data.close[0])
            if target is None or self.pending or (self.position.size > 0) == (target == 1):
                return
            self.pending = True
            self.buy(size=0.01) if target else self.sell(size=0.01)

    quotes = rows[(rows[:, 2] == 1) & (rows[:, 1] == 0)]
    ticks = list(zip(quotes[:, 0].tolist(), ((quotes[:, 3] + quotes[:, 5]) / 200).tolist()))
    rates, fills = [], 0
    for run in range(-1, runs):
        brain = bt.Cerebro(stdstats=False, preload=False, runonce=False)
        brain.adddata(Quotes(rows=ticks, timeframe=bt.TimeFrame.Ticks))
        brain.addstrategy(Crosses)
        brain.broker.setcash(1e8)
        brain.broker.setcommission(0.0005)
        begin = time.perf_counter()
        strategy = brain.run()[0]
        elapsed = time.perf_counter() - begin
        fills = strategy.fills
        if run >= 0:
            rates.append(len(ticks) / elapsed)
    return f"backtrader {bt.__version__}, quotes of one instrument", rates, fills


if __name__ == "__main__":
    _, peer, path, fast, slow = sys.argv
    engine = {"nautilus_trader": nautilus, "backtrader": backtrader}[peer]
    name, rates, fills = engine(rows_of(path), int(fast), int(slow))
    print(json.dumps({"name": name, "rates": rates, "fills": fills}))
