"""The shards of each mini-batch on a Dask cluster of processes, one of which is killed in the middle of an epoch.

    python demos/cluster.py             pip install "micrograd_paper[matrix]" "dask[distributed]"

Mini-batch gradients are averages, (6): any executor can compute their shards. A network this small does not gain by
it: a step takes less than a message. It shows that nothing is lost.
"""

import os
import random
import signal
import sys
import threading
import time

from micrograd_paper import MLP, fit

try:
    from dask.distributed import Client, LocalCluster
except ImportError:
    sys.exit('this demo needs Dask: pip install "dask[distributed]"')


def examples(count):
    rng = random.Random(1)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(count)]
    return [(point, [float(point[0] * point[1] > 0)]) for point in points]


def trained(executor=None, epochs=3):
    net = MLP(2, [8, 1], seed=1)
    start = time.perf_counter()
    fit(net, examples(400), eta=1.0, epochs=epochs, batch_size=20, seed=1, engine="matrix", executor=executor)
    return [p.data for p in net.parameters()], time.perf_counter() - start


def main():
    alone, seconds = trained()
    print(f"one process: 60 steps in {seconds * 1e3:.0f} ms")
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        pids = list(client.run(os.getpid).values())

        def kill():
            print(f"worker {pids[0]} is killed")
            os.kill(pids[0], signal.SIGKILL)

        timer = threading.Timer(0.3, kill)
        timer.start()
        together, seconds = trained(client.get_executor())
        timer.join()
        after = list(client.run(os.getpid).values())
    print(f"two workers: 60 steps in {seconds * 1e3:.0f} ms; workers before {pids}, after {after}")
    largest = max(abs(a - b) for a, b in zip(alone, together))
    print(f"the largest difference of a weight: {largest:.0e}")
    return largest


if __name__ == "__main__":
    assert main() <= 1e-12
