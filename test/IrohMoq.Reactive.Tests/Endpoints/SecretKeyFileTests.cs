namespace IrohMoq.Reactive.Tests.Endpoints;

internal sealed class SecretKeyFileTests
{
    private const string Secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private string _folder = "";
    private string _path = "";

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("moq-key-").FullName;
        _path = Path.Combine(_folder, "me.key");
    }

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void MissingFile_IsCreatedForItsOwnerOnlyAndKeepsTheIdentity()
    {
        var created = SecretKey.LoadOrCreate(_path);
        Assert.That(File.ReadAllText(_path), Is.EqualTo(SecretKeyTests.SecretOf(created) + "\n"));
        if (!OperatingSystem.IsWindows())
            Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(OwnerOnly));

        Assert.That(SecretKey.LoadOrCreate(_path).Id, Is.EqualTo(created.Id));
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1), "nothing else is left behind");
    }

    [TestCase(Secret)]
    [TestCase(Secret + "\n")]
    [TestCase(Secret + "\r\n")]
    [TestCase(" " + Secret + " \t\n\n")]
    [TestCase("TVQ3DHPP7VNGBOUEJL2JF3BMYRCETRLJPMZGSGLQHOWAGHFOP5QA\n")]
    public void FileWrittenByHand_IsRead(string content)
    {
        Write(content, OwnerOnly);
        Assert.That(SecretKey.LoadOrCreate(_path).Id.ToShortString(), Is.EqualTo("d75a980182"));
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase(Secret + " " + Secret)]
    [TestCase(Secret + Secret)]
    [TestCase("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f6\n")]
    [TestCase("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7fzz\n")]
    [TestCase("9D61B19DEFFD5A60BA844AF492EC2CC44449C5697B326919703BAC031CAE7F60\n")]
    public void MalformedFile_IsNamedAndNeverQuotedOrReplaced(string content)
    {
        Write(content, OwnerOnly);
        var refusal = Assert.Throws<InvalidDataException>(() => SecretKey.LoadOrCreate(_path));
        Assert.That(refusal.Message, Does.Contain(_path));
        SecretKeyTests.AssertShowsNothingOf(content, refusal.ToString());
        Assert.That(File.ReadAllText(_path), Is.EqualTo(content));
    }

    [Test]
    public void FileOfAnySize_IsRefusedWithoutReadingItAll()
    {
        using (var file = File.Create(_path))
            file.SetLength(1L << 33);
        Restrict(OwnerOnly);
        Assert.That(() => SecretKey.LoadOrCreate(_path), Throws.TypeOf<InvalidDataException>());
    }

    [TestCase(UnixFileMode.GroupRead)]
    [TestCase(UnixFileMode.OtherRead)]
    [TestCase(UnixFileMode.GroupWrite)]
    [Platform(Exclude = "Win")]
    public void FileOpenToOthers_IsRefusedWithTheCommandThatHelps(UnixFileMode others)
    {
        Write(Secret, OwnerOnly | others);
        var refusal = Assert.Throws<UnauthorizedAccessException>(() => SecretKey.LoadOrCreate(_path));
        Assert.That(refusal.Message, Does.Contain($"chmod 600 {_path}"));
        SecretKeyTests.AssertShowsNothingOf(Secret, refusal.ToString());
    }

    [Test]
    public void MissingFolder_IsAnErrorThatNamesIt()
    {
        var path = Path.Combine(_folder, "nowhere", "me.key");
        Assert.That(() => SecretKey.LoadOrCreate(path), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains(path));
    }

    [Test]
    public void FolderInItsPlace_IsAnErrorThatNamesIt() =>
        Assert.That(() => SecretKey.LoadOrCreate(_folder), Throws.InstanceOf<SystemException>().With.Message.Contains(_folder));

    [Test]
    public void SeveralCallersThatCreateAtOnce_GetTheSameKey()
    {
        for (var round = 0; round < 40; round++)
        {
            var path = Path.Combine(_folder, $"{round}.key");
            var ids = new EndpointId[4];
            using (var start = new Barrier(ids.Length))
            {
                var threads = Enumerable.Range(0, ids.Length).Select(i => new Thread(() =>
                {
                    start.SignalAndWait();
                    ids[i] = SecretKey.LoadOrCreate(path).Id;
                })).ToArray();
                Array.ForEach(threads, thread => thread.Start());
                Array.ForEach(threads, thread => thread.Join());
            }

            Assert.That(ids.Distinct().Count(), Is.EqualTo(1));
            Assert.That(SecretKey.LoadOrCreate(path).Id, Is.EqualTo(ids[0]));
        }

        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(40), "nothing else is left behind");
    }

    private void Write(string content, UnixFileMode mode)
    {
        File.WriteAllText(_path, content);
        Restrict(mode);
    }

    private void Restrict(UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_path, mode);
    }
}
