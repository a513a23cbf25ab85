"""A network's graph after `backward` on one of the costs, compared: what the tests of `compare` begin with."""

from micrograd_paper import compare, cross_entropy, quadratic
from micrograd_paper.costs import cross_entropy_from_logits, l2_penalty, net_weights

COSTS = {"quadratic": quadratic, "cross_entropy": cross_entropy, "from_logits": cross_entropy_from_logits}


def cost_node(forward, y, cost):
    if cost is cross_entropy_from_logits:
        return cost(forward.z[len(forward.net.shape)], y)
    return cost(forward.output, y)


def compared(net, x, y, cost=quadratic, alpha=0.0, m=1, eta=None):
    forward = net.forward(x)
    net.zero_grad()
    C = cost_node(forward, y, cost)
    if alpha:
        C = C + l2_penalty(net_weights(net), alpha, m)
    C.backward()
    return compare(forward, y, cost, alpha, m, eta)
