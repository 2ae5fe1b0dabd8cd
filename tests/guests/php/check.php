<?php
// What PHP sees of the files beside it, line by line.
echo "## read php\n";
echo "read -> ", json_encode(file_get_contents("/data/a.txt")), "\n";
echo "scandir -> ", json_encode(scandir("/data")), "\n";
echo "mtime -> ", filemtime("/data/a.txt"), "\n";
echo "size -> ", filesize("/data/sub/b.txt"), "\n";
echo "realpath -> ", realpath("/data/sub/../a.txt"), "\n";
echo "is_dir, is_link -> ", json_encode([is_dir("/data/link"), is_link("/data/link")]), "\n";
echo "missing -> ", json_encode(@file_get_contents("/data/missing")), "\n";
echo "write -> ", json_encode(@file_put_contents("/data/new", "x")), "\n";
$all = [];
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator("/data", FilesystemIterator::SKIP_DOTS)) as $file) $all[] = (string)$file;
sort($all);
echo "recursive -> ", json_encode($all, JSON_UNESCAPED_SLASHES), "\n";
$file = fopen("/data/sub/b.txt", "r");
fseek($file, -2, SEEK_END);
echo "after fseek -> ", json_encode(fgets($file)), "\n";
echo "include -> ", include "/data/sub/value.php", "\n";
echo "done\n";
