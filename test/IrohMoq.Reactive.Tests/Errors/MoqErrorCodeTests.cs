namespace IrohMoq.Reactive.Tests.Errors;

internal sealed class MoqErrorCodeTests
{
    private static readonly (MoqErrorCode Code, uint Value, string Text)[] Table =
    [
        (MoqErrorCode.Cancel, 0, "0 (cancel)"),
        (MoqErrorCode.Rejected, 1, "1 (rejected)"),
        (MoqErrorCode.Old, 2, "2 (old)"),
        (MoqErrorCode.Timeout, 3, "3 (timeout)"),
        (MoqErrorCode.Transport, 4, "4 (transport)"),
        (MoqErrorCode.Decode, 5, "5 (decode)"),
        (MoqErrorCode.Unauthorized, 6, "6 (unauthorized)"),
        (MoqErrorCode.Version, 9, "9 (version)"),
        (MoqErrorCode.UnexpectedStream, 10, "10 (unexpected stream)"),
        (MoqErrorCode.BoundsExceeded, 11, "11 (bounds exceeded)"),
        (MoqErrorCode.Duplicate, 12, "12 (duplicate)"),
        (MoqErrorCode.NotFound, 13, "13 (not found)"),
        (MoqErrorCode.WrongSize, 14, "14 (wrong size)"),
        (MoqErrorCode.ProtocolViolation, 15, "15 (protocol violation)"),
        (MoqErrorCode.UnexpectedMessage, 16, "16 (unexpected message)"),
        (MoqErrorCode.Unsupported, 17, "17 (unsupported)"),
        (MoqErrorCode.Encode, 18, "18 (encode)"),
        (MoqErrorCode.TooManyParameters, 19, "19 (too many parameters)"),
        (MoqErrorCode.InvalidRole, 20, "20 (invalid role)"),
        (MoqErrorCode.UnknownAlpn, 21, "21 (unknown alpn)"),
        (MoqErrorCode.Dropped, 24, "24 (dropped)"),
        (MoqErrorCode.Closed, 25, "25 (closed)"),
        (MoqErrorCode.Lagged, 26, "26 (lagged)"),
        (MoqErrorCode.FrameTooLarge, 27, "27 (frame too large)"),
        (MoqErrorCode.TimestampMismatch, 29, "29 (timestamp mismatch)"),
        (MoqErrorCode.Unroutable, 30, "30 (unroutable)"),
        (MoqErrorCode.Evicted, 31, "31 (evicted)"),
        (MoqErrorCode.NoCapacity, 48, "48 (no capacity)"),
        (MoqErrorCode.GroupTooLarge, 50, "50 (group too large)"),
        (MoqErrorCode.Superseded, 65_600, "65600 (superseded)"),
        (MoqErrorCode.SlowReader, 65_601, "65601 (slow reader)"),
        (MoqErrorCode.GoingAway, 65_602, "65602 (going away)"),
        (MoqErrorCode.GoawayTimeout, 65_603, "65603 (goaway timeout)"),
        (MoqErrorCode.DeliveryTimeout, 65_604, "65604 (delivery timeout)"),
        (MoqErrorCode.MalformedTrack, 65_605, "65605 (malformed track)"),
        (MoqErrorCode.MalformedParameters, 65_606, "65606 (malformed parameters)"),
        (MoqErrorCode.Internal, 65_607, "65607 (internal)"),
    ];

    [Test]
    public void Table_IsWhatThePeersKnow()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var (code, value, text) in Table)
            {
                Assert.That(code.Value, Is.EqualTo(value), text);
                Assert.That(code.ToString(), Is.EqualTo(text));
            }
        }
    }

    [Test]
    public void Table_IsPinnedWhole()
    {
        var fields = typeof(MoqErrorCode).GetFields()
            .Where(field => field.IsStatic && field.FieldType == typeof(MoqErrorCode))
            .Select(field => ((MoqErrorCode)field.GetValue(null)!).Value);
        Assert.That(fields, Is.EquivalentTo(Table.Select(row => row.Value)));
    }

    [TestCase(7u, "7")]
    [TestCase(8u, "8")]
    [TestCase(22u, "22")]
    [TestCase(28u, "28")]
    [TestCase(32u, "32")]
    [TestCase(63u, "63")]
    [TestCase(64u, "64 (application 0)")]
    [TestCase(468u, "468 (application 404)")]
    [TestCase(65_599u, "65599 (application 65535)")]
    [TestCase(65_608u, "65608")]
    [TestCase(uint.MaxValue, "4294967295")]
    public void OtherCode_IsKeptAsItCame(uint value, string text)
    {
        var code = new MoqErrorCode(value);
        Assert.That(code.Value, Is.EqualTo(value));
        Assert.That(code.ToString(), Is.EqualTo(text));
    }

    [TestCase(63u, null)]
    [TestCase(64u, 0)]
    [TestCase(468u, 404)]
    [TestCase(65_599u, 65_535)]
    [TestCase(65_600u, null)]
    public void ApplicationCode_IsTheNumberAbove64(uint value, int? number) =>
        Assert.That(new MoqErrorCode(value).ApplicationCode, Is.EqualTo(number));

    [Test]
    public void ApplicationNumber_IsSentAbove64()
    {
        for (var number = 0; number <= ushort.MaxValue; number++)
            Assert.That(MoqErrorCode.FromApplication((ushort)number).ApplicationCode, Is.EqualTo(number));
        Assert.That(MoqErrorCode.FromApplication(0).Value, Is.EqualTo(64));
    }
}
