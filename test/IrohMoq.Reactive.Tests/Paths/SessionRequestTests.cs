namespace IrohMoq.Reactive.Tests.Paths;

public sealed class SessionRequestTests
{
    [TestCase("")]
    [TestCase("/")]
    [TestCase("/room/a%20b")]
    [TestCase("?token=abc")]
    public void PathOfAUri_IsTaken(string path) => Assert.That(new SessionRequest(path).Path, Is.EqualTo(path));

    [TestCase("room")]
    [TestCase("/a b")]
    [TestCase("/a\nb")]
    [TestCase("/caf\u00e9")]
    [TestCase("/\u007f")]
    public void OtherText_IsRefused(string path) => Assert.That(() => new SessionRequest(path), Throws.ArgumentException);

    [Test]
    public void Length_HasABound()
    {
        var longest = $"/{new string('p', SessionRequest.MaxPathBytes - 1)}";
        Assert.That(new SessionRequest(longest).Path, Is.EqualTo(longest));
        Assert.That(() => new SessionRequest($"{longest}p"), Throws.ArgumentException);
    }

    [Test]
    public void UnknownRole_IsRefused() =>
        Assert.That(() => new SessionRequest(role: (SessionRole)3), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [TestCase("/room?token=secret", "Both at '/room' with a query")]
    [TestCase("/room", "Both at '/room'")]
    public void Text_HasNoQuery(string path, string text) => Assert.That(new SessionRequest(path).ToString(), Is.EqualTo(text));

    [Test]
    public void Requests_AreComparedByTheirValues()
    {
        var (first, second) = (new SessionRequest("/a", SessionRole.Publisher), new SessionRequest("/a", SessionRole.Publisher));
        Assert.That(first, Is.EqualTo(second));
        Assert.That(first, Is.Not.EqualTo(new SessionRequest("/A", SessionRole.Publisher)));
        Assert.That(new SessionRequest(), Is.EqualTo(SessionRequest.Default));
    }
}
