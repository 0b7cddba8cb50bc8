using System.Net;
using CsCheck;
using IrohMoq.Reactive.Iroh.Core;
using IrohMoq.Reactive.Iroh.Driver;

namespace IrohMoq.Reactive.Iroh.Tests;

[Parallelizable(ParallelScope.All)]
public class HandshakeLimitsTests
{
    [TestCase("192.0.2.1", "192.0.2.1", true)]
    [TestCase("192.0.2.1", "192.0.2.2", false)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:2:3:4:5:6", true)]
    [TestCase("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [TestCase("::1", "0.0.0.1", false)]
    public void Network_IsAnIPv4Address_OrTheFirstHalfOfAnIPv6Address(string first, string second, bool isSame) =>
        Assert.That(Address(first, 1).Network == Address(second, 2).Network, Is.EqualTo(isSame));

    [Test]
    public void UnvalidatedClients_HoldOnlyTheirPart_AndValidatedOnesTheRest()
    {
        var limits = new HandshakeLimits(max: 8, maxUnvalidated: 3);
        Assert.That(Fill(limits, isValidated: false), Is.EqualTo(3));
        Assert.That(Fill(limits, isValidated: true), Is.EqualTo(5));
        Assert.That(limits.Count, Is.EqualTo(8));
    }

    [TestCase(false, 2)]
    [TestCase(true, 4)]
    public void OneNetwork_HoldsHalf(bool isValidated, int half)
    {
        var limits = new HandshakeLimits(max: 8, maxUnvalidated: 4);
        var count = 0;
        for (ushort port = 1; limits.HasRoom(Address("192.0.2.1", port), isValidated); port++, count++)
            limits.Begin(new object(), Address("192.0.2.1", port), isValidated);
        Assert.That(count, Is.EqualTo(half));
        Assert.That(limits.HasRoom(Address("192.0.2.2", 1), isValidated), Is.True);
    }

    [TestCase(1, 1, 1)]
    [TestCase(1, 0, 0)]
    [TestCase(2, 100, 2)]
    public void SmallLimits_AreKept(int max, int maxUnvalidated, int unvalidated) =>
        Assert.That(Fill(new HandshakeLimits(max, maxUnvalidated), isValidated: false), Is.EqualTo(unvalidated));

    [Test]
    public void EndOfAnUnknownHandshake_ChangesNothing()
    {
        var limits = new HandshakeLimits(max: 2, maxUnvalidated: 1);
        var connection = new object();
        limits.Begin(connection, Address("192.0.2.1", 1), isValidated: false);
        limits.End(new object());
        Assert.That(limits.Count, Is.EqualTo(1));
        limits.End(connection);
        limits.End(connection);
        Assert.That((limits.Count, limits.HasRoom(Address("192.0.2.1", 1), isValidated: false)), Is.EqualTo((0, true)));
    }

    /// <summary>Any order of begins and ends agrees with a model that counts a list.</summary>
    [Test]
    public void Limits_AgreeWithAModel() =>
        Gen.Select(Gen.Int[1, 12], Gen.Int[0, 12], Gen.Select(Gen.Bool, Gen.Int[0, 3], Gen.Bool, Gen.Int[0, 11]).List[0, 60]).Sample(
            (max, maxUnvalidated, steps) =>
            {
                var limits = new HandshakeLimits(max, maxUnvalidated);
                var model = new List<(object Connection, int Host, bool IsValidated)>();
                foreach (var (isBegin, host, isValidated, index) in steps)
                {
                    if (!isBegin && model.Count > 0)
                    {
                        var ended = model[index % model.Count];
                        model.Remove(ended);
                        limits.End(ended.Connection);
                        continue;
                    }

                    var address = Address($"192.0.2.{host}", (ushort)(index + 1));
                    var limit = isValidated ? max : Math.Min(max, maxUnvalidated);
                    var ofHost = model.Count(held => held.Host == host && held.IsValidated == isValidated);
                    var ofKind = isValidated ? model.Count : model.Count(static held => !held.IsValidated);
                    var expected = model.Count < max && ofKind < limit && ofHost < (limit + 1) / 2;
                    if (limits.HasRoom(address, isValidated) != expected)
                        return false;
                    if (!expected)
                        continue;
                    model.Add((new object(), host, isValidated));
                    limits.Begin(model[^1].Connection, address, isValidated);
                }

                return limits.Count == model.Count;
            });

    private static NetworkAddress Address(string host, ushort port) => NetworkAddress.From(new IPEndPoint(IPAddress.Parse(host), port));

    /// <summary>Begins handshakes of clients in different networks until there is no room.</summary>
    private static int Fill(HandshakeLimits limits, bool isValidated)
    {
        var count = 0;
        for (; limits.HasRoom(Address($"198.51.100.{count}", 1), isValidated); count++)
            limits.Begin(new object(), Address($"198.51.100.{count}", 1), isValidated);
        return count;
    }
}
