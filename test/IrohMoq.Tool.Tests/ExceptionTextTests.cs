namespace IrohMoq.Tool.Tests;

/// <summary>What people and peers read about an exception.</summary>
public class ExceptionTextTests
{
    [TestCase("Could not find file '/home/me/private/a b.txt'.", "Could not find file 'a b.txt'.")]
    [TestCase("2 MB are needed in '/srv/in', and only 1 MB are free", "2 MB are needed in 'in', and only 1 MB are free")]
    [TestCase("No space left on device : '/srv/a' and '/srv/b'", "No space left on device : 'a' and 'b'")]
    [TestCase("'a' was changed", "'a' was changed")]
    [TestCase("it's a reason without a path", "it's a reason without a path")]
    public void MessageForAPeer_NamesNoFolder(string message, string expected) =>
        Assert.That(ExceptionText.ForPeer(new IOException(message)), Is.EqualTo(expected));
}
